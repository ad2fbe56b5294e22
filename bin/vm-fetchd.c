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
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "listen.h"
#include "replace.h"
#include "report.h"
#include "secret.h"
#include "url.h"

#define PLUGIN	      "nbdkit-vm-fetchd-plugin.so"
#define STOP_MS	      800 /* for nbdkit to end by itself when asked */
#define ARGUMENTS_MAX 64
#define LISTEN_FD     3 /* sd_listen_fds(3): the first one */

/* How a key=value reaches the plugin. */
enum passing {
	PASS_PLAIN,  /* as it is */
	PASS_TEXT,   /* in a memory file: the text, +FILE or -FD */
	PASS_SECRET, /* the same, but never the text itself */
	PASS_FILE,   /* a file's content, in a memory file */
	PASS_PATH,   /* the same, for one that wants a path to open */
	PASS_NOT,    /* it is ours: where to write what the plugin tells */
};

static const struct parameter {
	const char *name;
	enum passing passing;
} parameters[] = {
    {"cacert", PASS_FILE},
    {"cache", PASS_PLAIN},
    {"cert", PASS_FILE},
    {"connections", PASS_PLAIN},
    {"domain", PASS_TEXT},
    {"insecure", PASS_PLAIN},
    {"key", PASS_FILE},
    {"limit-rate", PASS_PLAIN},
    {"netrc", PASS_PATH},
    {"noproxy", PASS_PLAIN},
    {"outage", PASS_PLAIN},
    {"password", PASS_SECRET},
    {"proxy", PASS_TEXT},
    {"stats", PASS_NOT},
    {"url", PASS_TEXT},
    {"user", PASS_TEXT},
    {"writable", PASS_PLAIN},
};

/* What nbdkit is started with, and what must go when it has ended. */
struct server {
	char *argv[ARGUMENTS_MAX + 1];
	int argc;
	char *shown_url;
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char own_dir[32];	/* "" where the caller gave the socket */
	const char *stats_path; /* NULL: nobody wants to know */
	int listen_fd, stats_fd;
	pid_t pid;
};

static struct server server = {.listen_fd = -1, .stats_fd = -1};

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: vm-fetchd [-chV] [-U SOCKET] [-u USER] URL|- "
	    "[key=value...]\n"
	    "keys: user domain password=+FILE|-FD netrc=FILE cacert=FILE "
	    "cert=FILE\n"
	    "      key=FILE insecure=1 proxy=URL noproxy=HOSTS cache=SIZE\n"
	    "      connections=N outage=SECONDS limit-rate=SIZE stats=PATH\n"
	    "      writable=1\n");
}

/* --- parameters -------------------------------------------------------- */

/* Add one argument for nbdkit, printf(3)-wise. */
static void __attribute__((format(printf, 1, 2)))
add_argument(const char *format, ...)
{
	va_list ap;
	char *text;

	if (server.argc == ARGUMENTS_MAX)
		errx(EX_USAGE, "unable to take so many parameters");
	va_start(ap, format);
	if (vasprintf(&text, format, ap) == -1)
		err(EX_OSERR, "unable to start nbdkit");
	va_end(ap);
	server.argv[server.argc++] = text;
}

/* The same descriptor, inherited by nbdkit, and out of LISTEN_FD's way. */
static int
inherited(int fd)
{
	int high = fcntl(fd, F_DUPFD, LISTEN_FD + 1);

	if (high == -1)
		err(EX_OSERR, "unable to pass a descriptor");
	close(fd);
	return high;
}

static int
open_file(const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		err(errno == ENOENT ? EX_NOINPUT : EX_NOPERM,
		    "unable to open %s file %s", name, path);
	return fd;
}

/*
 * Open a file that lies beside us, as built and as installed. By now we may
 * still enter every directory; nbdkit's user may not.
 */
static int
open_beside(const char *name)
{
	char path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	int fd;

	if (n == -1)
		err(EX_OSERR, "unable to find %s", name);
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 64, "/../lib/vmedia/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err(EX_UNAVAILABLE, "unable to open %s", path);
	return inherited(fd);
}

/* What the URL's scheme needs beside the plugin itself. */
static void
add_module(const char *url)
{
	static const struct {
		const char *scheme, *name;
	} modules[] = {
	    {"nfs://", "vm-source-nfs.so"},
	    {"smb://", "vm-source-smb.so"},
	};
	size_t i;

	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (strncasecmp(
			url, modules[i].scheme, strlen(modules[i].scheme)) == 0)
			add_argument("module=/proc/self/fd/%d",
			    open_beside(modules[i].name));
}

/* The text behind "TEXT", "+FILE", "-FD" or "-" (standard input). */
static char *
read_text(const struct parameter *p, const char *value)
{
	char *text, *end;
	long fd = STDIN_FILENO;

	if (value[0] != '+' && value[0] != '-') {
		if (p->passing == PASS_SECRET)
			errx(EX_USAGE,
			    "unable to take a %s from the command line: "
			    "give +FILE or -FD",
			    p->name);
		text = strdup(value);
	} else {
		if (value[0] == '+') {
			fd = open_file(p->name, value + 1);
		} else if (value[1] != '\0') {
			fd = strtol(value + 1, &end, 10);
			if (*end != '\0' || fd < 0 || fd > INT_MAX)
				errx(EX_USAGE,
				    "unable to use %s=%s: "
				    "not a descriptor",
				    p->name, value);
		}
		text = secret_read_line((int)fd);
		if (fd != STDIN_FILENO)
			close((int)fd);
	}
	if (text == NULL)
		err(EX_NOINPUT, "unable to read %s", p->name);
	return text;
}

static char *
read_file(const char *name, const char *path, size_t *len)
{
	int fd = open_file(name, path);
	char *text = secret_read(fd, len);

	if (text == NULL)
		err(EX_NOINPUT, "unable to read %s file %s", name, path);
	close(fd);
	return text;
}

/* What the plugin tells shall be written to path. */
static void
add_stats(const char *path)
{
	int pair[2];

	if (server.stats_fd != -1)
		errx(EX_USAGE, "unable to write stats= to two files");
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == -1)
		err(EX_OSERR, "unable to make a socket");
	server.stats_path = path;
	server.stats_fd = pair[0];
	add_argument("stats-fd=%d", inherited(pair[1]));
}

/* Take one parameter: what it stands for is read now, while we may. */
static void
add_parameter(const char *name, const char *value)
{
	const struct parameter *p = parameters, *end;
	char *text;
	size_t len;
	int fd;

	end = p + sizeof(parameters) / sizeof(parameters[0]);
	while (p < end && strcmp(p->name, name) != 0)
		p++;
	if (p == end)
		errx(EX_USAGE, "unable to use %s=: no such parameter", name);
	if (p->passing == PASS_PLAIN) {
		add_argument("%s=%s", name, value);
		return;
	}
	if (p->passing == PASS_NOT) {
		add_stats(value);
		return;
	}
	if (p->passing == PASS_FILE || p->passing == PASS_PATH) {
		text = read_file(name, value, &len);
		/* No CA at all would become those of the system. */
		if (len == 0)
			errx(EX_DATAERR, "unable to use %s file %s: empty",
			    name, value);
	} else {
		text = read_text(p, value);
		len = strlen(text);
	}
	if (strcmp(name, "url") == 0) {
		server.shown_url = url_for_show(text);
		add_module(text);
	}
	fd = inherited(secret_to_fd(text, len));
	secret_free(text);
	if (p->passing == PASS_PATH)
		add_argument("%s=/proc/self/fd/%d", name, fd);
	else
		add_argument("%s=-%d", name, fd);
}

static void
add_parameters(char **words)
{
	char *equals;

	for (; *words != NULL; words++) {
		equals = strchr(*words, '=');
		if (equals == NULL)
			errx(EX_USAGE, "unable to use %s: not key=value",
			    *words);
		*equals = '\0';
		add_parameter(*words, equals + 1);
		*equals = '='; /* as the process list shows it */
	}
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
	server.listen_fd = inherited(fd);
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
 * Become the user that reads from the network: its own, or else nobody. By
 * then every secret has been read, and the socket is bound.
 */
static int
drop_privileges(const char *name)
{
	struct passwd *pw = getpwnam(name != NULL ? name : "vmedia");

	if (pw == NULL && name == NULL)
		pw = getpwnam("nobody");
	if (pw == NULL) {
		errno = ENOENT;
		return -1;
	}
	return setgroups(0, NULL) == -1 || setgid(pw->pw_gid) == -1
		   ? -1
		   : setuid(pw->pw_uid);
}

static void
run_nbdkit(const char *user, pid_t parent, int report_write)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char pid[16];
	sigset_t none;

	if (geteuid() == 0 && drop_privileges(user) == -1)
		give_up(report_write, EX_CONFIG,
		    "unable to run as the user for it (vmedia, nobody or -u)");
	/* nbdkit asks for the same (--exit-with-parent), but later. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		give_up(report_write, EX_OSERR, "unable to start nbdkit");
	if (getppid() != parent)
		_exit(EX_OSERR);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(server.listen_fd, LISTEN_FD) == -1)
		give_up(report_write, EX_OSERR, "unable to pass the socket");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp("nbdkit", server.argv);
	give_up(report_write, errno == ENOENT ? EX_UNAVAILABLE : EX_OSERR,
	    "unable to start nbdkit (package nbdkit)");
}

/* Start nbdkit; what is left open here is what it inherits. */
static void
start_nbdkit(const char *user, int report_write)
{
	pid_t parent = getpid();

	server.pid = fork();
	if (server.pid == -1)
		err(EX_OSERR, "unable to start nbdkit");
	if (server.pid == 0)
		run_nbdkit(user, parent, report_write);
	close(report_write);
}

/* The arguments of nbdkit, but for the parameters that follow. */
static void
add_nbdkit_arguments(int report_write)
{
	add_argument("nbdkit");
	add_argument("--foreground");
	add_argument("--exit-with-parent");
	add_argument("--log=stderr");
	add_argument("/proc/self/fd/%d", open_beside(PLUGIN));
	add_argument("report-fd=%d", report_write);
}

/* --- waiting ----------------------------------------------------------- */

/* Wait for nbdkit for at most timeout_ms (-1: for ever). Has it ended? */
static bool
wait_ended(int signals, int timeout_ms, int *status)
{
	struct pollfd p = {signals, POLLIN, 0};

	if (waitpid(server.pid, status, WNOHANG) == server.pid)
		return true;
	return poll(&p, 1, timeout_ms) == 1 &&
	       waitpid(server.pid, status, WNOHANG) == server.pid;
}

/*
 * Write down what the plugin tells, which speaks to the network: a line of
 * printable text and nothing else. Nobody is disturbed where that fails.
 */
static void
take_stats(void)
{
	char text[4096];
	ssize_t len = recv(server.stats_fd, text, sizeof(text), MSG_DONTWAIT);
	ssize_t i;

	for (i = 0; i < len && text[i] >= ' ' && text[i] <= '~'; i++)
		continue;
	if (len > 0 && i == len)
		replace_file(server.stats_path, text, (size_t)len);
}

/* End nbdkit, whatever it is doing, within a second. */
static void
stop_nbdkit(int signals)
{
	struct signalfd_siginfo info;
	int status, left;

	kill(server.pid, SIGTERM);
	for (left = STOP_MS; left > 0; left -= 100) {
		if (wait_ended(signals, 100, &status))
			return;
		/* A second signal is no reason to spin. */
		while (read(signals, &info, sizeof(info)) > 0)
			;
	}
	kill(server.pid, SIGKILL);
	waitpid(server.pid, &status, 0);
}

/*
 * Tell whoever started us. One who has gone does not need it; but a word that
 * could not be written would be waited for. Returns the status to end with.
 */
static int
say_ready(const char *text)
{
	if ((puts(text) != EOF && fclose(stdout) != EOF) || errno == EPIPE)
		return 0;
	warn("unable to print that it is ready");
	return EX_IOERR;
}

/*
 * Live until we are told to stop (exit status 0), or nbdkit ends. A report
 * that comes first says which; after it the pipe's end means nothing.
 */
static int
supervise(int signals, int report, bool only_check)
{
	struct pollfd p[] = {{signals, POLLIN, 0}, {report, POLLIN, 0},
	    {server.stats_fd, POLLIN, 0}};
	struct signalfd_siginfo info;
	char text[REPORT_MAX];
	int status;

	for (;;) {
		if (poll(p, 3, -1) == -1 && errno != EINTR)
			err(EX_OSERR, "unable to wait");
		if (p[2].revents != 0)
			take_stats();
		if (p[1].revents != 0) {
			p[1].fd = -1;
			p[1].revents = 0;
			status = report_receive(report, text);
			if (status > 0) {
				warnx("unable to open %s: %s", server.shown_url,
				    text);
				stop_nbdkit(signals);
				return status;
			}
			if (status == 0) {
				status = say_ready(
				    only_check ? text : server.socket);
				if (status != 0) {
					stop_nbdkit(signals);
					return status;
				}
			}
			if (status == 0 && only_check) {
				stop_nbdkit(signals);
				return 0;
			}
		}
		if (p[0].revents == 0)
			continue;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGCHLD) {
			stop_nbdkit(signals);
			return 0;
		}
		if (waitpid(server.pid, &status, WNOHANG) == server.pid)
			break;
	}
	if (WIFSIGNALED(status))
		warnx("unable to go on: nbdkit was ended by signal %d",
		    WTERMSIG(status));
	else
		warnx("unable to go on: nbdkit ended with status %d",
		    WEXITSTATUS(status));
	return EX_OSERR;
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

/* A descriptor that tells of the signals that end us, and nbdkit's end. */
static int
catch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Whoever asked for the socket's name need not stay to read it. */
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd == -1)
		err(EX_OSERR, "unable to catch signals");
	return fd;
}

int
main(int argc, char **argv)
{
	const char *socket_path = NULL, *user = NULL;
	bool only_check = false;
	int option, signals, report[2];

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
	fill_standard_descriptors();
	if (pipe2(report, O_CLOEXEC) == -1)
		err(EX_OSERR, "unable to make a pipe");
	report[1] = inherited(report[1]);
	add_nbdkit_arguments(report[1]);
	if (strncmp(argv[0], "url=", 4) != 0)
		add_parameter("url", *argv++);
	add_parameters(argv);
	signals = catch_signals();
	atexit(remove_socket);
	listen_on(socket_path);
	start_nbdkit(user, report[1]);
	return supervise(signals, report[0], only_check);
}
