/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "slot/child.h"

#define GRACE_MS  2000 /* between SIGTERM and SIGKILL */
#define READS_MAX 16   /* of 4 KiB, in all as much as a FIFO holds */

#ifndef P_PIDFD
#define P_PIDFD 3 /* waitid(2), Linux 5.4 */
#endif

static const char *const names[CHILDREN] = {[CHILD_SOURCE] = "source",
    [CHILD_ATTACH] = "attach",
    [CHILD_WRITER] = "writer",
    [CHILD_PROBE] = "probe",
    [CHILD_UDEV] = "udev",
    [CHILD_KEEPER] = "keeper",
    [CHILD_DRIVE] = "drive",
    [CHILD_DETACH] = "detach",
    [CHILD_JOBS] = "jobs",
    [CHILD_HOOK] = "hook",
    [CHILD_POWER] = "power",
    [CHILD_CHECK] = "check"};

/* The program names of adopted children. A hook and the power command may have
 * any name. */
static const char *const programs[CHILDREN] = {[CHILD_SOURCE] = "vm-fetchd",
    [CHILD_ATTACH] = "vm-nbd-attach",
    [CHILD_WRITER] = "vm-nbd-attach",
    [CHILD_PROBE] = "vm-probe",
    [CHILD_UDEV] = "udevadm",
    [CHILD_KEEPER] = "vm-drive",
    [CHILD_DRIVE] = "vm-gadget",
    [CHILD_DETACH] = "vm-nbd-attach",
    [CHILD_JOBS] = "systemctl",
    [CHILD_HOOK] = "hook",
    [CHILD_POWER] = "power",
    [CHILD_CHECK] = "vm-slot"};

const char *
child_name(enum child_id id)
{
	return names[id];
}

void
child_init(struct child *c, enum child_id id)
{
	c->id = id;
	c->pid = 0;
	c->pidfd = c->out.fd = c->said.fd = -1;
	c->out.have = c->said.have = 0;
	c->end = c->kill = 0;
	c->failed = -1;
	c->cause = CAUSE_USUAL;
	*c->last = '\0';
	snprintf(c->program, sizeof(c->program), "%s", programs[id]);
}

/* Set the program's name for the log, where it ends at the first colon. */
static void
name_program(struct child *c, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *p;

	snprintf(c->program, sizeof(c->program), "%s",
	    slash != NULL ? slash + 1 : path);
	for (p = c->program; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == ':' || *p == 127)
			*p = '_';
}

/* Returns the path of work/WORD.NAME for this child. */
static char *
work_path(const struct child *c, const struct state *s, const char *word,
    char path[PATH_MAX])
{
	char name[64];

	snprintf(name, sizeof(name), "work/%s.%s", word, names[c->id]);
	return state_path(s, name, path);
}

static int
open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void
close_lines(struct child_lines *l)
{
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
	l->have = 0;
}

/* --- starting ----------------------------------------------------------- */

/* The child does this itself: a vm-slot that is killed just after the fork must
 * not leave a child that nobody knows. */
static void
write_pid(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1)
		return; /* a later vm-slot restarts it then */
	dprintf(fd, "%ld\n", (long)getpid());
	close(fd);
}

/* This runs in the child. */
static void __attribute__((noreturn)) run(enum child_id id, char *const argv[],
    const char *pid_file, int out, int said)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	setsid(); /* its own group, to kill it with all its children */
	/* A site's own programs may run ours, and people read the output. */
	if (id != CHILD_HOOK && id != CHILD_POWER)
		setenv("VM_CAUSES", "1", 1);
	umask(077);
	write_pid(pid_file);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(null, STDIN_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1 &&
	    dup2(said, STDERR_FILENO) != -1) {
		execvp(argv[0], argv);
		dprintf(STDERR_FILENO, "unable to run %s: %s\n", argv[0],
		    strerror(errno));
	}
	_exit(errno == ENOENT ? 127 : 126);
}

/* Open the FIFO of what the child says, each end for reading and writing: see
 * the header. Returns 0, or -1 with errno. */
static int
open_fifo(
    const struct child *c, const struct state *s, const char *path, int ends[2])
{
	char work[PATH_MAX];
	/* A program that holds the medium must not wait for a reader. */
	int flags = c->id <= CHILD_WRITER ? O_NONBLOCK : 0;

	if (mkfifo(path, 0600) == -1 &&
	    (errno != ENOENT ||
		mkdir(state_path(s, "work", work), 0700) == -1 ||
		mkfifo(path, 0600) == -1))
		return -1;
	ends[0] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ends[1] = open(path, O_RDWR | flags | O_CLOEXEC);
	return ends[0] != -1 && ends[1] != -1 ? 0 : -1;
}

/* If there can be no FIFO (a full /run), a pipe will do, although the child
 * cannot be adopted then: programs that undo a mount must run all the same. */
static int
open_said(
    const struct child *c, const struct state *s, const char *path, int ends[2])
{
	if (open_fifo(c, s, path, ends) == 0)
		return 0;
	close(ends[0]);
	close(ends[1]);
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

void
child_start(struct child *c, const struct state *s, char *const argv[],
    unsigned seconds)
{
	int out[2] = {-1, -1}, said[2] = {-1, -1};
	char path[PATH_MAX], pid_file[PATH_MAX];

	work_path(c, s, "pid", pid_file);
	work_path(c, s, "said", path);
	/* Drop what an earlier child has said. */
	unlink(path);
	child_init(c, c->id);
	name_program(c, argv[0]);
	if (open_said(c, s, path, said) == -1 || pipe2(out, O_CLOEXEC) == -1)
		goto failed;
	c->pid = fork();
	if (c->pid == 0)
		run(c->id, argv, pid_file,
		    c->id == CHILD_HOOK ? said[1] : out[1], said[1]);
	if (c->pid == -1 || (c->pidfd = open_pidfd(c->pid)) == -1)
		goto failed;
	close(said[1]);
	close(out[1]);
	c->said.fd = said[0];
	c->out.fd = out[0];
	fcntl(c->out.fd, F_SETFL, O_NONBLOCK);
	c->end = seconds > 0 ? clock_ms() + 1000 * (int64_t)seconds : 0;
	return;
failed:
	snprintf(c->last, sizeof(c->last), "unable to start %s: %s", argv[0],
	    strerror(errno));
	c->failed = EX_OSERR;
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
	close(out[0]);
	close(out[1]);
	close(said[0]);
	close(said[1]);
	c->pid = 0;
}

/* --- adopting ----------------------------------------------------------- */

/* Is the FIFO the standard error of that process? */
static bool
is_said_by(int fifo, pid_t pid)
{
	struct stat ours, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/fd/2", (long)pid);
	return fstat(fifo, &ours) == 0 && stat(path, &its) == 0 &&
	       ours.st_ino == its.st_ino && ours.st_dev == its.st_dev;
}

bool
child_adopt(struct child *c, const struct state *s)
{
	char path[PATH_MAX], name[64];
	int64_t pid;
	int fifo;

	snprintf(name, sizeof(name), "work/pid.%s", names[c->id]);
	pid = state_get_number(s, name);
	if (pid <= 0 || c->pid != 0)
		return c->pid != 0;
	fifo = open(
	    work_path(c, s, "said", path), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fifo == -1)
		return false;
	c->pidfd = open_pidfd((pid_t)pid);
	/* Check this last: with its pidfd open, the pid cannot become another
	 * process's. */
	if (c->pidfd != -1 && is_said_by(fifo, (pid_t)pid)) {
		c->pid = (pid_t)pid;
		c->said.fd = fifo;
		return true;
	}
	if (c->pidfd != -1)
		close(c->pidfd);
	c->pidfd = -1;
	close(fifo);
	unlink(work_path(c, s, "pid", path));
	return false;
}

/* --- ending ------------------------------------------------------------- */

void
child_stop(struct child *c)
{
	if (c->pid == 0 || c->kill != 0)
		return;
	kill(c->pid, SIGTERM);
	c->kill = clock_ms() + GRACE_MS;
}

void
child_hurry(struct child *c, unsigned seconds)
{
	int64_t end = clock_ms() + 1000 * (int64_t)seconds;

	if (c->end == 0 || end < c->end)
		c->end = end;
}

void
child_end_gently(const struct child *c)
{
	if (c->pid != 0)
		kill(c->pid, SIGTERM);
}

void
child_kill(const struct child *c)
{
	if (c->pid == 0)
		return;
	kill(c->pid, SIGKILL);
	kill(-c->pid, SIGKILL);
}

/* --- listening ---------------------------------------------------------- */

static void
end_line(struct child *c, struct child_lines *l, child_heard *heard, void *arg)
{
	size_t i, len;
	uint32_t ch;
	int cause;

	if (l->have == 0)
		return;
	for (i = 0; i < l->have; i += len) {
		len = utf8_decode(l->line + i, l->have - i, &ch);
		if (len == 0 || utf8_is_deceptive(ch)) {
			len += len == 0;
			memset(l->line + i, '?', len);
		}
	}
	l->line[l->have] = '\0';
	l->have = 0;
	cause = l == &c->said ? cause_of_line(l->line) : -1;
	if (cause != -1) {
		c->cause = (enum cause)cause;
		return;
	}
	if (l == &c->said)
		snprintf(c->last, sizeof(c->last), "%s", l->line);
	heard(arg, c, l == &c->said, l->line);
}

/* Pass on the lines that are there, but not too many at once. */
static void
hear(struct child *c, struct child_lines *l, child_heard *heard, void *arg)
{
	int reads = READS_MAX;
	char buf[4096];
	ssize_t i, n;

	while (l->fd != -1 && reads-- > 0 &&
	       (n = read(l->fd, buf, sizeof(buf))) >= 0) {
		for (i = 0; i < n; i++) {
			if (buf[i] == '\n')
				end_line(c, l, heard, arg);
			else if (l->have < sizeof(l->line) - 1)
				l->line[l->have++] = buf[i];
		}
		if (n == 0) {
			end_line(c, l, heard, arg);
			close_lines(l);
		}
	}
}

void
child_poll(const struct child *c, struct pollfd p[CHILD_POLLS])
{
	p[0] = (struct pollfd){c->pidfd, POLLIN, 0};
	p[1] = (struct pollfd){c->out.fd, POLLIN, 0};
	p[2] = (struct pollfd){c->said.fd, POLLIN, 0};
}

int
child_left(const struct child *c, int64_t now)
{
	int64_t end = c->end;

	if (c->pid == 0)
		return c->failed != -1 ? 0 : -1;
	if (c->kill != 0 && (end == 0 || c->kill < end))
		end = c->kill;
	if (end == 0)
		return -1;
	return end > now ? (int)(end - now) : 0;
}

/* Returns the child's status if it has ended, else -1. */
static int
reap(const struct child *c)
{
	struct pollfd p = {c->pidfd, POLLIN, 0};
	siginfo_t info = {0};

	if (waitid((idtype_t)P_PIDFD, (id_t)c->pidfd, &info,
		WEXITED | WNOHANG) == 0) {
		if (info.si_pid == 0)
			return -1;
		return info.si_code == CLD_EXITED ? info.si_status
						  : 128 + info.si_status;
	}
	return poll(&p, 1, 0) == 1 ? 128 + SIGKILL : -1;
}

int
child_move(
    struct child *c, const struct state *s, child_heard *heard, void *arg)
{
	char path[PATH_MAX];
	int status = c->failed;

	if (c->pid == 0) {
		c->failed = -1;
		if (status != -1)
			heard(arg, c, true, c->last);
		return status;
	}
	status = reap(c); /* first: then all that it said can be read */
	hear(c, &c->out, heard, arg);
	hear(c, &c->said, heard, arg);
	if (status == -1) {
		if (child_left(c, clock_ms()) == 0) {
			if (c->kill == 0)
				heard(arg, c, true,
				    "it took too long, and was killed");
			child_kill(c);
			c->end = 0;
			c->kill = clock_ms() + GRACE_MS;
		}
		return -1;
	}
	end_line(c, &c->out, heard, arg);
	end_line(c, &c->said, heard, arg);
	close_lines(&c->out);
	close_lines(&c->said);
	close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
	unlink(work_path(c, s, "pid", path));
	return status;
}
