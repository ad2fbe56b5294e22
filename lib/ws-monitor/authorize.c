/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "unix/fd-passing.h"
#include "ws-monitor/authorize.h"

#define SITE_MS	 10000 /* for the answer of the site's command */
#define WATCH_FD 3     /* on which the command can pass a descriptor to us */

/* Is a signal to stop pending, which we have not read yet? */
static bool
is_being_stopped(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) || sigismember(&set, SIGINT));
}

/* Wait for the command, and kill it if it takes too long. Returns whether it
 * said yes. */
static bool
wait_for_site(pid_t pid)
{
	int64_t end = clock_ms() + SITE_MS;
	int status;
	pid_t ended;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
		if (clock_ms() > end || is_being_stopped())
			kill(-pid, SIGKILL);
		poll(NULL, 0, 10);
	}
	return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The child's part: become the command. */
static void
run_site(const struct ws_options *o, const sigset_t *mask,
    const struct ws_open_request *request, int block, int watch)
{
	setpgid(0, 0);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	setenv("VM_WS_PATH", request->path, 1);
	setenv("VM_WS_PEER", request->peer, 1);
	setenv("VM_WS_WATCH", "3", 1);
	/* WATCH_FD comes last, because `block` may have this number. */
	if (dup2(block, STDIN_FILENO) == -1 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) == -1 ||
	    dup2(watch, WATCH_FD) == -1 || fcntl(WATCH_FD, F_SETFD, 0) == -1)
		_exit(EX_OSERR);
	execl("/bin/sh", "sh", "-c", o->authorizer, (char *)0);
	_exit(EX_OSERR);
}

/*
 * Ask the site's own command. It reads the request on standard input, so that
 * secrets are in no process list and no environment. If it says yes, it may
 * pass a descriptor, which is put into *watch.
 */
static bool
ask_site(const struct ws_options *o, const sigset_t *mask,
    const struct ws_open_request *request, int *watch)
{
	int block = secret_to_fd(request->block, request->block_len), pair[2];
	bool is_welcome;
	char byte;
	pid_t pid;

	if (block == -1)
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		close(block);
		return false;
	}
	pid = fork();
	if (pid == 0)
		run_site(o, mask, request, block, pair[1]);
	/* We may kill the group before the child has made it. */
	if (pid > 0)
		setpgid(pid, pid);
	close(block);
	close(pair[1]);
	is_welcome = pid > 0 && wait_for_site(pid);
	if (is_welcome)
		pass_receive(pair[0], &byte, 1, watch, 1);
	close(pair[0]);
	return is_welcome;
}

static bool
has_ticket(const struct ws_options *o, const struct ws_open_request *request,
    struct ticket_grant *grant)
{
	const char *dir = o->tickets, *path = request->path;
	const char *resume =
	    request->resume[0] != '\0' ? request->resume : NULL;

	if (dir == NULL)
		return false;
	return (request->ticket[0] != '\0' &&
		   ticket_use(dir, request->ticket, path, resume, grant)) ||
	       (resume != NULL && ticket_use(dir, resume, path, NULL, grant));
}

int
ws_authorize(const struct ws_options *o, const sigset_t *mask,
    const struct ws_open_request *request, struct ws_open_reply *reply,
    struct ticket_grant *grant)
{
	int watch = -1;

	memset(grant, 0, sizeof(*grant));
	reply->was_checked = o->tickets != NULL || o->authorizer != NULL;
	if (!reply->was_checked || has_ticket(o, request, grant) ||
	    (o->authorizer != NULL && ask_site(o, mask, request, &watch)))
		return watch;
	reply->status = 403;
	strcpy(reply->why,
	    o->tickets != NULL
		? "the ticket is missing, expired, used, or for another path"
		: "the command of -A refused the request");
	return -1;
}
