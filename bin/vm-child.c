/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-child: run a command, and tell of it as lines of a FIFO, so that a shell
 * can wait for several at once:
 *
 *	ready NAME LINE     a line of its standard output
 *	said NAME LINE      a line of its standard error
 *	exit NAME STATUS    its end, as a shell has it, after all that it said
 *
 * It outlives whoever started it: who takes over reads the same FIFO on.
 */
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "unix/atomic-file.h"

#define LINE_MAX_SIZE 2000 /* bytes; an event is less than PIPE_BUF: whole */
#define NAME_MAX_SIZE 64
#define SECONDS_MAX   86400

/* Lines of one of the command's outputs, on their way to the FIFO. */
struct relay {
	const char *word;
	int fd;
	size_t have;
	char line[LINE_MAX_SIZE];
};

static const char *name;
static char pid_file[PATH_MAX];
static int events = -1;

static void
usage(FILE *out)
{
	fputs("usage: vm-child [-hV] [-t SECONDS] FIFO NAME COMMAND [ARG...]\n",
	    out);
}

/* --- telling ------------------------------------------------------------ */

/*
 * Write an event whole. Where nobody reads, talk is dropped when the FIFO is
 * full, so that the command is never held up by it; its end is kept for who
 * comes.
 */
static void
tell(const char *word, const char *text, bool must)
{
	char event[PIPE_BUF];
	int len =
	    snprintf(event, sizeof(event), "%s %s %s\n", word, name, text);
	struct pollfd p = {events, POLLOUT, 0};

	while (write(events, event, (size_t)len) == -1)
		if (errno != EAGAIN || !must || poll(&p, 1, -1) == -1)
			return;
}

static int
tell_end(int status)
{
	char text[16];

	unlink(pid_file);
	snprintf(text, sizeof(text), "%d", status);
	tell("exit", text, true);
	return status;
}

static void
end_line(struct relay *r)
{
	size_t i;

	if (r->have == 0)
		return;
	for (i = 0; i < r->have; i++)
		if ((unsigned char)r->line[i] < ' ' || r->line[i] == 127)
			r->line[i] = '?';
	r->line[r->have] = '\0';
	r->have = 0;
	tell(r->word, r->line, false);
}

/* Pass on what is there. False at its end. */
static bool
relay(struct relay *r)
{
	char buf[4096];
	ssize_t i, n = read(r->fd, buf, sizeof(buf));

	for (i = 0; i < n; i++) {
		if (buf[i] == '\n')
			end_line(r);
		else if (r->have < sizeof(r->line) - 1)
			r->line[r->have++] = buf[i];
	}
	return n > 0 || (n == -1 && errno == EAGAIN);
}

/* What it had said before it ended; its own children may still hold the pipe,
 * and talk on. */
static void
drain(struct relay *r)
{
	struct pollfd p = {r->fd, POLLIN, 0};

	while (r->fd != -1 && poll(&p, 1, 0) == 1 && relay(r))
		continue;
	end_line(r);
}

/* --- the command -------------------------------------------------------- */

static void __attribute__((noreturn))
run(pid_t parent, char **argv, const int out[2], const int said[2])
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EX_OSERR);
	setpgid(0, 0); /* to be killed with all that is its own */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(null, STDIN_FILENO) == -1 ||
	    dup2(out[1], STDOUT_FILENO) == -1 ||
	    dup2(said[1], STDERR_FILENO) == -1)
		_exit(EX_OSERR);
	execvp(argv[0], argv);
	warn("unable to run %s", argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static int
open_pipe(struct relay *r, int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	r->fd = ends[0];
	return fcntl(r->fd, F_SETFL, O_NONBLOCK);
}

/* Returns its pid, or -1 with errno. */
static pid_t
start(char **argv, struct relay *out, struct relay *said)
{
	int out_ends[2], said_ends[2];
	pid_t parent = getpid(), pid;
	char text[16];

	if (open_pipe(out, out_ends) == -1 || open_pipe(said, said_ends) == -1)
		return -1;
	pid = fork();
	if (pid == -1)
		return -1;
	if (pid == 0)
		run(parent, argv, out_ends, said_ends);
	close(out_ends[1]);
	close(said_ends[1]);
	snprintf(text, sizeof(text), "%ld", (long)pid);
	if (replace_file(pid_file, text, strlen(text)) == -1)
		warn("unable to write %s", pid_file);
	return pid;
}

/* Milliseconds for poll(2) until that moment; 0: for ever. */
static int
left_until(int64_t end)
{
	int64_t left = end - clock_ms();

	if (end == 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

/* Relay until the command has ended. Returns its status. */
static int
attend(
    pid_t pid, int children, struct relay *out, struct relay *said, int64_t end)
{
	struct signalfd_siginfo info;
	int status, n;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		struct pollfd p[3] = {{children, POLLIN, 0},
		    {out->fd, POLLIN, 0}, {said->fd, POLLIN, 0}};

		n = poll(p, 3, left_until(end));
		if (n == 0 && end != 0) {
			tell("said", "it took too long, and was killed", true);
			kill(-pid, SIGKILL);
			end = 0;
		}
		while (read(children, &info, sizeof(info)) > 0)
			continue;
		if (p[1].revents != 0 && !relay(out)) {
			close(out->fd);
			out->fd = -1;
		}
		if (p[2].revents != 0 && !relay(said)) {
			close(said->fd);
			said->fd = -1;
		}
	}
	return status;
}

/* --- main --------------------------------------------------------------- */

static int
catch_children(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	signal(SIGCHLD, SIG_DFL); /* to ignore it is inherited */
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd == -1)
		err(EX_OSERR, "unable to catch signals");
	return fd;
}

/* The FIFO, and beside it the file that shall have the command's pid. */
static void
open_events(const char *fifo)
{
	const char *slash = strrchr(fifo, '/');
	struct stat st;

	/* For reading, too: then it opens where nobody reads, and no write
	 * is answered with SIGPIPE. */
	events = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (events == -1 || fstat(events, &st) == -1)
		err(EX_NOINPUT, "unable to open %s", fifo);
	if (!S_ISFIFO(st.st_mode))
		errx(EX_USAGE, "unable to use %s: it is no FIFO", fifo);
	snprintf(pid_file, sizeof(pid_file), "%.*spid.%s",
	    slash != NULL ? (int)(slash + 1 - fifo) : 0, fifo, name);
}

/* It is a word of an event, and part of a file's name. */
static bool
is_name(const char *word)
{
	return word[0] != '\0' && strlen(word) <= NAME_MAX_SIZE &&
	       strpbrk(word, "/ \n") == NULL;
}

int
main(int argc, char **argv)
{
	struct relay out = {.word = "ready"}, said = {.word = "said"};
	uint64_t seconds = 0;
	int c, children, status;
	pid_t pid;

	while ((c = getopt(argc, argv, "+ht:V")) != -1) {
		switch (c) {
		case 'h':
			usage(stdout);
			return 0;
		case 't':
			if (number_parse(optarg, 0, SECONDS_MAX, &seconds) ==
			    -1)
				errx(EX_USAGE, "unable to wait for %s s",
				    optarg);
			break;
		case 'V':
			puts("vm-child " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	argv += optind;
	if (argc - optind < 3 || !is_name(argv[1])) {
		usage(stderr);
		return EX_USAGE;
	}
	name = argv[1];
	open_events(argv[0]);
	setsid(); /* a terminal's signals are for who started us */
	children = catch_children();
	pid = start(argv + 2, &out, &said);
	if (pid == -1) {
		warn("unable to start %s", argv[2]);
		return tell_end(EX_OSERR);
	}
	status = attend(pid, children, &out, &said,
	    seconds > 0 ? clock_ms() + (int64_t)seconds * 1000 : 0);
	drain(&out);
	drain(&said);
	return tell_end(
	    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}
