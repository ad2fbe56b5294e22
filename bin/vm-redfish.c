/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-redfish: Redfish for a web server, by SCGI, with a process for each request;
 * or by CGI. It has no rights of its own: what needs any, vm-door does in the
 * client's name.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/output.h"
#include "http/cgi.h"
#include "image/media.h"
#include "redfish/event-stream.h"
#include "redfish/redfish.h"
#include "redfish/write.h"
#include "unix/activation.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"
#include "unix/sd-notify.h"
#include "unix/socket.h"

#define SOCKET	     "/run/vm-redfish.sock"
#define ARRIVE_MS    10000 /* a request must arrive whole within that time */
#define ALARM_MARGIN 15	   /* seconds after which even a stuck request ends */

static struct {
	const char *socket, *group, *user;
	uint64_t requests, seconds; /* at once; for each */
	struct redfish_settings redfish;
} options = {
    .socket = SOCKET, .user = "vmedia-redfish", .requests = 64, .seconds = 70};

static void
usage(FILE *out)
{
	fputs("usage: vm-redfish [-hV] [-d DRIVES] [-g GROUP] [-n REQUESTS] "
	      "[-s SOCKET]\n"
	      "                  [-t SECONDS] [-u USER]\n"
	      "-d DRIVES    the type of each slot, cd or disk (\"cd disk\")\n"
	      "-g GROUP     who else may connect: the web server's group\n"
	      "-n REQUESTS  answer so many at once (64)\n"
	      "-s SOCKET    listen there by SCGI (" SOCKET ")\n"
	      "-t SECONDS   the longest time for a request (70)\n"
	      "-u USER      become that user (vmedia-redfish)\n"
	      "A web server that starts it by CGI sets GATEWAY_INTERFACE.\n",
	    out);
}

/* --- listeners for events ------------------------------------------------- */

/* The processes of those who listen, who are apart from the requests: they stay
 * for hours. Shared with the processes; NULL: there is only one. */
static _Atomic pid_t *listeners;

static void
make_listeners(void)
{
	listeners = mmap(NULL, EVENT_LISTENERS * sizeof(*listeners),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (listeners == MAP_FAILED)
		err(EX_OSERR, "unable to reserve memory");
}

/* Replace one process by another in the list. */
static void
replace_listener(pid_t old, pid_t new)
{
	pid_t expected;
	unsigned i;

	for (i = 0; listeners != NULL && i < EVENT_LISTENERS; i++) {
		expected = old;
		if (atomic_compare_exchange_strong(
			&listeners[i], &expected, new))
			return;
	}
}

/* How many of so many processes answer requests? */
static unsigned
count_requests(unsigned processes)
{
	unsigned i;

	for (i = 0; i < EVENT_LISTENERS && processes > 0; i++)
		processes -= listeners[i] != 0;
	return processes;
}

/* --- one request ---------------------------------------------------------- */

static void
write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n == -1 && errno != EINTR)
			return; /* the web server has gone */
		if (n == -1)
			n = 0;
	}
}

/* Answer a request, or refuse it with the HTTP status `error`. */
static void
answer(struct cgi_request *http, int error, int fd)
{
	struct redfish r = {.settings = &options.redfish,
	    .http = http,
	    .deadline = clock_ms() + (int64_t)options.seconds * 1000};
	char *text;
	size_t len;

	redfish_answer(&r, error);
	len = redfish_write(&r, &text);
	write_all(fd, text, len);
	/* It may hold a token. */
	explicit_bzero(text, len);
	free(text);
	if (r.stream != NULL) {
		alarm(0);
		replace_listener(0, getpid());
		r.stream(&r, fd);
	}
	redfish_free(&r);
}

static void
answer_scgi(int fd, bool is_too_many)
{
	static char head[CGI_HEAD_MAX];
	struct cgi_request http;
	const char *why;
	int error;

	alarm((unsigned)options.seconds + ALARM_MARGIN);
	error = cgi_read_scgi(&http, fd, head, clock_ms() + ARRIVE_MS, &why);
	if (error != -1)
		answer(&http, error == 0 && is_too_many ? 503 : error, fd);
	cgi_request_free(&http);
}

static int
answer_cgi(void)
{
	struct cgi_request http;
	int error = 400;

	alarm((unsigned)options.seconds + ALARM_MARGIN);
	if (cgi_take_environment(&http) == NULL)
		error =
		    cgi_read_body(&http, STDIN_FILENO, clock_ms() + ARRIVE_MS);
	if (error != -1)
		answer(&http, error, STDOUT_FILENO);
	cgi_request_free(&http);
	return 0;
}

/* --- privileges ----------------------------------------------------------- */

/* What the process gives up before it reads from the network. It still opens
 * files to read them, connects to vm-door, and makes processes of its own. */
static void
drop_privileges(void)
{
	const struct rlimit no_core = {0, 0};

	if (become_user(options.user) == -1)
		err(errno == ENOENT ? EX_NOUSER : EX_OSERR,
		    "unable to become user %s, use -u for another",
		    options.user);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* Passwords pass through: no other process may read them from memory. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	/* Else jansson would look for chance at the first object. */
	json_object_seed(0);
	if (sandbox_enter_local() == -1 && !sandbox_is_missing(errno))
		err(EX_OSERR, "unable to enter the sandbox");
}

/* --- the server ----------------------------------------------------------- */

static int
listen_or_die(void)
{
	struct group *group = NULL;
	int fd;

	if (options.group != NULL) {
		group = getgrnam(options.group);
		if (group == NULL)
			errx(EX_NOUSER, "unable to find the group %s: use -g",
			    options.group);
	}
	fd = listen_unix(options.socket);
	if (fd == -1)
		err(errno == EADDRINUSE ? EX_TEMPFAIL : EX_CANTCREAT,
		    "unable to listen at %s, use -s for another",
		    options.socket);
	if (group != NULL &&
	    (chown(options.socket, (uid_t)-1, group->gr_gid) == -1 ||
		chmod(options.socket, 0660) == -1))
		err(EX_NOPERM, "unable to let the group %s use %s",
		    options.group, options.socket);
	return fd;
}

static sigset_t mask; /* that we were started with */

/* Returns how many processes there are more now. */
static unsigned
take_request(int listener, int signals, bool is_too_many)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid;

	if (fd == -1)
		return 0;
	pid = fork();
	if (pid == 0) {
		close(listener);
		close(signals);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		answer_scgi(fd, is_too_many);
		_exit(0);
	}
	if (pid == -1)
		warn("unable to start a process for a request");
	close(fd);
	return pid != -1;
}

/* Serve until SIGTERM or SIGINT; requests under way are answered. */
static int
serve(int listener)
{
	struct pollfd f[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct signalfd_siginfo s;
	unsigned count = 0;
	sigset_t set;
	pid_t pid;

	make_listeners();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &mask);
	f[0].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (f[0].fd == -1)
		err(EX_OSERR, "unable to receive signals");
	/* If the client is gone already, accept(2) must not block. */
	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
	for (;;) {
		/* Some too many are told that they are, and more must wait. */
		f[1].fd = count_requests(count) < 2 * options.requests
			      ? listener
			      : -1;
		if (poll(f, 2, -1) == -1)
			continue;
		if (read(f[0].fd, &s, sizeof(s)) == (ssize_t)sizeof(s) &&
		    s.ssi_signo != SIGCHLD)
			return 0;
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
			replace_listener(pid, 0);
			count--;
		}
		if (f[1].fd != -1 && f[1].revents != 0)
			count += take_request(listener, f[0].fd,
			    count_requests(count) >= options.requests);
	}
}

static int
serve_socket(void)
{
	int given = activation_socket();
	int listener = given != -1 ? given : listen_or_die();

	drop_privileges();
	if (given == -1) {
		puts(options.socket);
		if (output_close() == -1)
			err(EX_IOERR, "unable to write standard output");
	}
	notify_ready();
	return serve(listener);
}

/* --- the command line ----------------------------------------------------- */

static void
take_drives(const char *words)
{
	struct redfish_settings *s = &options.redfish;
	int count = image_media_list(words, s->drives, GADGET_SLOTS);

	if (count == -1)
		errx(EX_USAGE,
		    "unable to use the drives: they must be up to %d words, cd "
		    "or disk (-d)",
		    GADGET_SLOTS);
	s->slots = (unsigned)count;
}

static void
take_number(const char *word, uint64_t max, uint64_t *number)
{
	if (number_parse(word, 1, max, number) == -1)
		errx(EX_USAGE, "unable to use %s: not a number from 1 to %u",
		    word, (unsigned)max);
}

int
main(int argc, char **argv)
{
	int c;

	signal(SIGCHLD, SIG_DFL);
	output_check_at_exit();
	take_drives("cd disk");
	while ((c = getopt(argc, argv, "d:g:hn:s:t:u:V")) != -1) {
		switch (c) {
		case 'd':
			take_drives(optarg);
			break;
		case 'g':
			options.group = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'n':
			take_number(optarg, 1000, &options.requests);
			break;
		case 's':
			options.socket = optarg;
			break;
		case 't':
			take_number(optarg, 3600, &options.seconds);
			break;
		case 'u':
			options.user = optarg;
			break;
		case 'V':
			puts("vm-redfish " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return EX_USAGE;
	}
	if (getenv("GATEWAY_INTERFACE") == NULL)
		return serve_socket();
	drop_privileges();
	return answer_cgi();
}
