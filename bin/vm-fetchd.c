/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-fetchd: serve a remote image as NBD on a Unix socket.
 *
 * Starts nbdkit with our plugin, which does the work, and does what nbdkit
 * can't: gives up its privileges before anything from the network is read,
 * hands secrets over in memory files instead of argv, says when the socket
 * can be used, and ends with the exit status that a failure deserves.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "fetchd/parameters.h"
#include "unix/listen.h"
#include "unix/sd-notify.h"
#include "fetchd/decompress.h"
#include "nbd/export-size.h"
#include "unix/atomic-file.h"
#include "fetchd/report.h"
#include "base/backoff.h"
#include "base/secret.h"
#include "unix/privileges.h"

#define STOP_MS 800 /* for nbdkit to end by itself when asked */

static struct fetchd_args args;

/* nbdkit, and what must go when it has ended. */
static struct {
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char own_dir[32]; /* "" where the caller gave the socket */
	int listen_fd;
	int report_fd, control_fd; /* nbdkit's ends */
	int report, control;	   /* ours; report -1: it has come */
	int signals;		   /* signalfd(2) */
	const char *user;	   /* whose nbdkit shall be; NULL: the usual */
	pid_t pid;		   /* 0: there is none at the moment */
	const struct packing *packing; /* of the image; NULL: none */
	struct export_size check;      /* of the decompressed image */
	bool ready;		       /* it was once, and we said so */
	bool refused; /* it could not start again, for a while */
	struct restart restart;
	char identity[CONTROL_MAX]; /* of the image, by the plugin's words */
	char source[16];   /* how the source does: a word; "": unknown */
	uint32_t unpacked; /* bytes modulo 2^32, by the packed file's end */
} server = {.listen_fd = -1, .report = -1, .check = {.fd = -1}};

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: vm-fetchd [-chV] [-U SOCKET] [-u USER] URL|PATH|- "
	    "[key=value...]\n"
	    "keys: user domain password=+FILE|-FD netrc=FILE cacert=FILE "
	    "cert=FILE\n"
	    "      key=FILE insecure=1 proxy=URL noproxy=HOSTS cache=SIZE\n"
	    "      connections=N outage=SECONDS limit-rate=SIZE stats=PATH\n"
	    "      writable=1 overlay=FILE overlay-size=SIZE\n");
}

/* --- the socket -------------------------------------------------------- */

static void
remove_socket(void)
{
	if (server.listen_fd == -1)
		return;
	unlink(server.socket);
	if (server.own_dir[0] != '\0')
		rmdir(server.own_dir);
}

static void
undo_args(void)
{
	fetchd_args_undo(&args);
}

/* Where the caller names none: in a directory that is ours alone. */
static void
make_own_path(void)
{
	strcpy(server.own_dir, "/tmp/vm-fetchd.XXXXXX");
	if (mkdtemp(server.own_dir) == NULL)
		err(EX_CANTCREAT, "unable to make a directory in /tmp");
	snprintf(
	    server.socket, sizeof(server.socket), "%s/socket", server.own_dir);
}

/* Bind the socket here, so that nbdkit needs no right to the directory. */
static void
listen_on(const char *path)
{
	int fd;

	if (path == NULL)
		make_own_path();
	else if (strlen(path) < sizeof(server.socket))
		strcpy(server.socket, path);
	else
		errx(EX_USAGE,
		    "unable to use %s: a socket's path has at "
		    "most %zu bytes",
		    path, sizeof(server.socket) - 1);
	fd = listen_unix(server.socket);
	if (fd == -1 && errno == EADDRINUSE)
		errx(EX_TEMPFAIL, "unable to bind %s: in use", server.socket);
	if (fd == -1 && errno == ENOTSOCK)
		errx(EX_CANTCREAT, "unable to bind %s: it is no socket",
		    server.socket);
	if (fd == -1)
		err(EX_CANTCREAT, "unable to bind %s", server.socket);
	server.listen_fd = fetchd_args_inherit(fd);
	fcntl(server.listen_fd, F_SETFD, FD_CLOEXEC);
}

/* --- nbdkit ------------------------------------------------------------ */

/* In the child, whose exit must not run what is to run at our own. */
static void __attribute__((noreturn))
give_up(int report_write, int status, const char *what)
{
	char text[REPORT_MAX];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	report_send(report_write, status, text);
	_exit(status);
}

/*
 * A host's read waits for nbdkit, and this machine's memory may wait for that
 * read: it shall not wait for memory in turn (PR_SET_IO_FLUSHER, Linux 5.6),
 * and may lock its cache, which the plugin does. Only root can give either;
 * without, all goes as well but for that.
 */
static void
prefer_in_memory(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &all);
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
}

/*
 * What is unpacked may be a thousand times as large as what was sent: it shall
 * fail before the disk, or the memory that stands for one, is full.
 */
static void
limit_spool(void)
{
	const char *dir = getenv("TMPDIR");
	struct rlimit limit;
	struct statvfs room;

	if (statvfs(dir != NULL ? dir : "/var/tmp", &room) == -1)
		return;
	limit.rlim_cur = limit.rlim_max =
	    (rlim_t)room.f_bavail * room.f_frsize / 4 * 3;
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, SIG_IGN);
}

static void
run_nbdkit(pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char pid[16];
	sigset_t none;

	prefer_in_memory();
	/* By now every secret has been read, and the socket is bound. */
	if (become_user(server.user) == -1)
		give_up(server.report_fd, EX_CONFIG,
		    "unable to run as the user for it (vmedia, nobody or -u)");
	/* nbdkit asks for the same (--exit-with-parent), but later. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		give_up(server.report_fd, EX_OSERR, "unable to start nbdkit");
	if (getppid() != parent)
		_exit(EX_OSERR);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(server.listen_fd, FETCHD_LISTEN_FD) == -1)
		give_up(
		    server.report_fd, EX_OSERR, "unable to pass the socket");
	if (server.packing != NULL)
		limit_spool();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp("nbdkit", args.argv);
	give_up(server.report_fd, errno == ENOENT ? EX_UNAVAILABLE : EX_OSERR,
	    "unable to start nbdkit (package nbdkit)");
}

/* Start nbdkit; what is left open here is what it inherits. */
static void
start_nbdkit(void)
{
	pid_t parent = getpid();
	int report[2];

	if (pipe2(report, O_CLOEXEC) == -1 ||
	    dup2(report[1], server.report_fd) == -1)
		err(EX_OSERR, "unable to make a pipe");
	close(report[1]);
	server.report = report[0];
	server.pid = fork();
	if (server.pid == -1)
		err(EX_OSERR, "unable to start nbdkit");
	if (server.pid == 0)
		run_nbdkit(parent);
	/* Our copy is closed, and its number kept for another start. */
	dup2(server.listen_fd, server.report_fd);
}

/* --- waiting ----------------------------------------------------------- */

/* Has nbdkit ended after timeout_ms at most? */
static bool
wait_ended(int timeout_ms, int *status)
{
	struct pollfd p = {server.signals, POLLIN, 0};

	if (waitpid(server.pid, status, WNOHANG) == server.pid)
		return true;
	return poll(&p, 1, timeout_ms) == 1 &&
	       waitpid(server.pid, status, WNOHANG) == server.pid;
}

/* End nbdkit, whatever it is doing, within a second. */
static void
stop_nbdkit(void)
{
	struct signalfd_siginfo info;
	int status, left;

	export_size_close(&server.check);
	if (server.pid == 0)
		return;
	kill(server.pid, SIGTERM);
	for (left = STOP_MS; left > 0; left -= 100) {
		if (wait_ended(100, &status))
			return;
		/* A second signal is no reason to spin. */
		while (read(server.signals, &info, sizeof(info)) > 0)
			;
	}
	kill(server.pid, SIGKILL);
	waitpid(server.pid, &status, 0);
}

/* Say how the source does, when that is news; in the words of the stats. */
static void
take_source(const char *stats)
{
	static const char *const words[] = {
	    "ok", "waiting", "down", "refused", "changed"};
	char found[16];
	size_t i;

	if (sscanf(stats, "{\"source\": \"%15[a-z]\"", found) != 1 ||
	    strcmp(found, server.source) == 0)
		return;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(found, words[i]) != 0)
			continue;
		if (i > 0 || server.source[0] != '\0')
			warnx("source: %s", words[i]);
		strcpy(server.source, words[i]);
	}
}

/*
 * Take a word of the plugin's: the image's identity; or a line of printable
 * text and nothing else, for it speaks to the network. Stats are written down,
 * and nobody is disturbed where that fails.
 */
static void
take_word(const char *text)
{
	size_t i, len = strlen(text);

	if (strncmp(text, "url: ", 5) == 0) {
		strcpy(server.identity, text);
		return;
	}
	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return;
	if (strncmp(text, "unpacked: ", 10) == 0)
		server.unpacked = (uint32_t)strtoull(text + 10, NULL, 10);
	else if (strncmp(text, "note: ", 6) == 0)
		warnx("%s", text);
	else {
		take_source(text);
		if (args.stats_path != NULL)
			replace_file(args.stats_path, text, len);
	}
}

/* nbdkit, which says how the source does, cannot start again because of it. */
static void
say_absent(const char *why)
{
	warnx("unable to start nbdkit again, trying: %s", why);
	strcpy(server.source, "down");
	warnx("source: %s", server.source);
	if (args.stats_path != NULL)
		unlink(args.stats_path);
}

/* All that were said: a report that follows relies on some. */
static void
take_words(void)
{
	static char text[CONTROL_MAX];
	ssize_t len;

	while ((len = recv(server.control, text, sizeof(text) - 1,
		    MSG_DONTWAIT)) > 0) {
		text[len] = '\0';
		take_word(text);
	}
}

/* The URL's secret part has expired: hand over the one that its file has now. */
static void
renew_url(void)
{
	char *url = fetchd_args_read_url(&args);

	if (url != NULL && strlen(url) >= CONTROL_MAX)
		warnx("unable to renew the URL: it is too long");
	else if (url != NULL && server.pid != 0 &&
		 send(server.control, url, strlen(url), MSG_DONTWAIT) == -1)
		warn("unable to renew the URL");
	secret_free(url);
}

/*
 * Tell whoever started us. One who has gone does not need it; but a word that
 * could not be written would be waited for. Returns the status to end with.
 */
static int
say_ready(const char *text)
{
	notify_ready();
	if ((puts(text) != EOF && fclose(stdout) != EOF) || errno == EPIPE)
		return 0;
	warn("unable to print that it is ready");
	return EX_IOERR;
}

/* What take_report() and supervise() say where it is no status to end with. */
#define GO_ON (-1)
#define AGAIN (-2) /* start nbdkit again, with server.packing */

/* The image is packed; by a name that is not taken on trust. */
static int
take_filter(const char *name)
{
	server.packing = packing_find(name);
	if (server.packing == NULL) {
		warnx("unable to open %s: it is packed", args.shown_url);
		return EX_DATAERR;
	}
	warnx("note: %s is packed (%s): %s", args.shown_url, name,
	    server.packing->note);
	return AGAIN;
}

/* Does a failure pass, where the image was there before? */
static bool
is_passing(int status)
{
	return status == EX_NOHOST || status == EX_UNAVAILABLE ||
	       status == EX_IOERR || status == EX_TEMPFAIL;
}

/* The image can be read: let clients in. */
static int
serve(void)
{
	int status = say_ready(server.socket);

	server.ready = status == 0;
	return server.ready ? GO_ON : status;
}

/*
 * nbdkit is ready, or knows why it will not be. Without a report its end will
 * tell.
 */
static int
take_report(bool only_check)
{
	char text[REPORT_MAX];
	int status = report_receive(server.report, text);

	take_words();
	close(server.report);
	server.report = -1;
	if (server.ready && (status == 0 || is_passing(status))) {
		if (status != 0 && server.restart.pause == 0)
			say_absent(text);
		server.refused = status != 0;
		/* It serves nobody, and has nothing to end well. */
		if (server.refused && server.pid > 0)
			kill(server.pid, SIGKILL);
		if (status == 0)
			restart_worked(&server.restart);
		return GO_ON;
	}
	if (status == REPORT_PACKED)
		return take_filter(text);
	if (status > 0) {
		warnx("unable to open %s: %s", args.shown_url, text);
		return status;
	}
	if (status == -1)
		return GO_ON;
	if (only_check)
		return say_ready(text);
	if (server.packing == NULL)
		return serve();
	if (export_size_ask(&server.check, server.socket) == -1)
		err(EX_OSERR, "unable to connect to nbdkit");
	return GO_ON;
}

/*
 * Whether an image can be decompressed is known when a first client comes, and
 * for gzip after all of it has been, which may take minutes: we were that
 * client.
 */
static int
take_check(void)
{
	char text[REPORT_MAX];
	const char *refusal = text;
	uint64_t size;

	switch (export_size_take(&server.check, &size)) {
	case 0:
		return GO_ON;
	case 1:
		refusal =
		    packing_refusal(server.packing, size, server.unpacked);
		break;
	default:
		packing_failure(server.packing, text, sizeof(text));
	}
	if (refusal == NULL)
		return serve();
	warnx("unable to open %s: %s", args.shown_url, refusal);
	return EX_DATAERR;
}

static int
status_of_nbdkit(int status)
{
	if (WIFSIGNALED(status))
		warnx("unable to go on: nbdkit was ended by signal %d",
		    WTERMSIG(status));
	else
		warnx("unable to go on: nbdkit ended with status %d",
		    WEXITSTATUS(status));
	return EX_OSERR;
}

/*
 * nbdkit has ended, and its clients will come back to the same socket: it is
 * started again. (Debian's 1.32 fails an assertion where a client goes with
 * several requests under way, as the kernel does after an outage.)
 */
static int
plan_restart(int status)
{
	if (server.refused) {
		restart_refused(&server.restart, clock_ms());
		return GO_ON;
	}
	if (!restart_died(&server.restart, clock_ms()))
		return status_of_nbdkit(status);
	warnx("nbdkit was ended (%s %d): starting it again",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return GO_ON;
}

/* Start it, if it is time. Returns the ms until then; -1: not planned. */
static int
restart_nbdkit(void)
{
	int left = restart_left(&server.restart, clock_ms());

	if (left != 0)
		return left;
	server.restart.at = 0;
	server.refused = false;
	if (server.report != -1)
		close(server.report);
	fetchd_args_again(&args, server.identity);
	start_nbdkit();
	return -1;
}

/* Take a signal. Returns GO_ON, or the status to end with. */
static int
take_signal(void)
{
	struct signalfd_siginfo info;
	int status;

	if (read(server.signals, &info, sizeof(info)) != sizeof(info))
		return GO_ON;
	switch (info.ssi_signo) {
	case SIGUSR1:
		renew_url();
		return GO_ON;
	case SIGCHLD:
		if (server.pid == 0 ||
		    waitpid(server.pid, &status, WNOHANG) != server.pid)
			return GO_ON;
		server.pid = 0;
		return server.ready ? plan_restart(status)
				    : status_of_nbdkit(status);
	default:
		return 0;
	}
}

/* Live until we are told to stop, or nbdkit fails or ends; or AGAIN. */
static int
supervise(bool only_check)
{
	struct pollfd p[4] = {
	    {server.signals, POLLIN, 0}, {server.control, POLLIN, 0}};
	int status = GO_ON, timeout;

	while (status == GO_ON) {
		timeout = restart_nbdkit();
		p[2] = (struct pollfd){server.report, POLLIN, 0};
		p[3] = (struct pollfd){server.check.fd, POLLIN, 0};
		if (poll(p, 4, timeout) == -1 && errno != EINTR)
			err(EX_OSERR, "unable to wait");
		if (p[1].revents != 0)
			take_words();
		if (p[2].revents != 0)
			status = take_report(only_check);
		if (p[3].revents != 0 && status == GO_ON)
			status = take_check();
		if (p[0].revents != 0 && status == GO_ON)
			status = take_signal();
	}
	stop_nbdkit();
	return status;
}

/* What we open must not be taken for a standard descriptor that is closed. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd <= STDERR_FILENO);
	close(fd);
}

/* The lines to the plugin; that for its report has its number from now on. */
static void
open_lines(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == -1)
		err(EX_OSERR, "unable to make a socket");
	server.control = pair[0];
	server.control_fd = fetchd_args_inherit(pair[1]);
	server.report_fd = fetchd_args_inherit(open("/dev/null", O_RDWR));
}

/* Have a descriptor that tells of signals, and of nbdkit's end. */
static void
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Whoever asked for the socket's name need not stay to read it. */
	signal(SIGPIPE, SIG_IGN);
	/* One that is ignored is inherited, and nobody would hear of an end. */
	signal(SIGCHLD, SIG_DFL);
	server.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (server.signals == -1)
		err(EX_OSERR, "unable to catch signals");
}

int
main(int argc, char **argv)
{
	const char *socket_path = NULL, *user = NULL;
	bool only_check = false;
	int option, status;

	while ((option = getopt(argc, argv, "+chU:u:V")) != -1) {
		switch (option) {
		case 'c':
			only_check = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'U':
			socket_path = optarg;
			break;
		case 'u':
			user = optarg;
			break;
		case 'V':
			puts("vm-fetchd " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	argv += optind;
	if (argv[0] == NULL || argv[0][0] == '\0') {
		usage(stderr);
		return EX_USAGE;
	}
	fetchd_args_check(argv);
	fill_standard_descriptors();
	open_lines();
	fetchd_args_begin(&args, server.report_fd, server.control_fd);
	if (strncmp(argv[0], "url=", 4) != 0)
		fetchd_args_add(&args, "url", *argv++);
	fetchd_args_add_words(&args, argv);
	if (only_check)
		args.overlay = NULL;
	fetchd_args_end(&args);
	catch_signals();
	atexit(remove_socket);
	atexit(undo_args);
	listen_on(socket_path);
	server.user = user;
	start_nbdkit();
	status = supervise(only_check);
	if (status != AGAIN)
		return status;
	fetchd_args_unpack(&args, server.packing->filter);
	start_nbdkit();
	return supervise(only_check);
}
