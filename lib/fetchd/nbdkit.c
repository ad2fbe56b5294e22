/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "fetchd/nbdkit.h"
#include "fetchd/report.h"
#include "unix/privileges.h"

#define STOP_MS 800 /* time for nbdkit to end after SIGTERM */

int
nbdkit_open(struct nbdkit *n, struct failure *why)
{
	int pair[2];

	n->report = -1;
	if (nbdkit_log_open(&n->log) == -1)
		return fail_errno(why, EX_OSERR, "unable to make a pipe");
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == -1)
		return fail_errno(why, EX_OSERR, "unable to make a socket");
	n->control = pair[0];
	n->control_fd = nbdkit_inherit(pair[1], why);
	if (n->control_fd == -1)
		return -1;
	/* Reserve a number for the report's pipe, which each start makes. */
	n->report_fd = nbdkit_inherit(open("/dev/null", O_RDWR), why);
	if (n->report_fd == -1)
		return -1;
	return nbdkit_argv_begin(&n->argv, n->report_fd, n->control_fd, why);
}

/* --- in the child ------------------------------------------------------ */

/* Calls _exit(2), because the child must not run our exit handlers. */
static void __attribute__((noreturn))
give_up(const struct nbdkit *n, int status, const char *what)
{
	char text[REPORT_MAX];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	report_send(n->report_fd, status, CAUSE_USUAL, text);
	_exit(status);
}

/*
 * A read of the host waits for nbdkit, and this machine may need that read to
 * free memory. Therefore nbdkit must not wait for memory itself
 * (PR_SET_IO_FLUSHER, Linux 5.6), and may lock memory, which the plugin does
 * for its cache. Only root can set these. Without them, nbdkit works until
 * memory is short.
 */
static void
prefer_in_memory(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &all);
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
}

/* Pass the socket as systemd does (sd_listen_fds(3)). */
static void
pass_socket(const struct nbdkit *n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char pid[16];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(n->listen_fd, NBDKIT_LISTEN_FD) == -1)
		give_up(n, EX_OSERR, "unable to pass the socket");
}

static void __attribute__((noreturn))
run_nbdkit(const struct nbdkit *n, pid_t parent)
{
	sigset_t none;

	prefer_in_memory();
	/* A compromised nbdkit must not type into our terminal (TIOCSTI). */
	setsid();
	/* By now every secret has been read, and the socket is bound. */
	if (become_user(n->user) == -1)
		give_up(n, EX_CONFIG,
		    "unable to become the user for nbdkit (vmedia, nobody or "
		    "-u)");
	/* --exit-with-parent sets PR_SET_PDEATHSIG, too, but only later. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		give_up(n, EX_OSERR, "unable to start nbdkit");
	if (getppid() != parent)
		_exit(EX_OSERR);
	pass_socket(n);
	dup2(n->log.writer, STDERR_FILENO);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp("nbdkit", n->argv.argv);
	give_up(n, errno == ENOENT ? EX_UNAVAILABLE : EX_OSERR,
	    "unable to start nbdkit (package nbdkit)");
}

/* --- starting and stopping --------------------------------------------- */

/* nbdkit inherits every descriptor that has no FD_CLOEXEC here. */
int
nbdkit_start(struct nbdkit *n, struct failure *why)
{
	pid_t parent = getpid();
	int report[2];

	nbdkit_close_report(n);
	if (pipe2(report, O_CLOEXEC) == -1)
		return fail_errno(why, EX_OSERR, "unable to make a pipe");
	n->report = report[0];
	if (dup2(report[1], n->report_fd) == -1) {
		close(report[1]);
		return fail_errno(why, EX_OSERR, "unable to make a pipe");
	}
	close(report[1]);
	n->pid = fork();
	if (n->pid == -1) {
		n->pid = 0;
		return fail_errno(why, EX_OSERR, "unable to start nbdkit");
	}
	if (n->pid == 0)
		run_nbdkit(n, parent);
	/* Close our copy of the write end, but keep its number for another
	 * start. */
	dup2(n->listen_fd, n->report_fd);
	return 0;
}

void
nbdkit_close_report(struct nbdkit *n)
{
	if (n->report != -1)
		close(n->report);
	n->report = -1;
}

bool
nbdkit_has_ended(struct nbdkit *n, int *status)
{
	if (n->pid == 0 || waitpid(n->pid, status, WNOHANG) != n->pid)
		return false;
	n->pid = 0; /* another process may get the number from now on */
	return true;
}

void
nbdkit_stop(struct nbdkit *n)
{
	struct pollfd p = {n->signals, POLLIN, 0};
	struct signalfd_siginfo info;
	int status, left;

	if (n->pid == 0)
		return;
	kill(n->pid, SIGTERM);
	for (left = STOP_MS; left > 0; left -= 100) {
		if (nbdkit_has_ended(n, &status))
			return;
		poll(&p, 1, 100);
		/* Discard other signals: otherwise poll(2) would not wait. */
		while (read(n->signals, &info, sizeof(info)) > 0)
			continue;
	}
	kill(n->pid, SIGKILL);
	waitpid(n->pid, &status, 0);
	n->pid = 0;
}
