/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "ws-monitor/authorize.h"

#define SITE_MS 10000 /* for the answer of the site's command */

/* Is there a signal to stop that we have not read yet? */
static bool
is_being_stopped(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) || sigismember(&set, SIGINT));
}

/* Wait for the command, and kill it if it takes too long. True: it said yes. */
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

/*
 * Ask the site's own command. It reads the request on standard input, so that
 * secrets are in no process list and no environment.
 */
static bool
ask_site(const struct ws_options *o, const sigset_t *mask,
    const struct ws_open_request *request)
{
	int block = secret_to_fd(request->block, request->block_len);
	pid_t pid;

	if (block == -1)
		return false;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, mask, NULL);
		setenv("VM_WS_PATH", request->path, 1);
		setenv("VM_WS_PEER", request->peer, 1);
		if (dup2(block, STDIN_FILENO) == -1 ||
		    dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
			_exit(EX_OSERR);
		execl("/bin/sh", "sh", "-c", o->authorizer, (char *)0);
		_exit(EX_OSERR);
	}
	/* We may kill the group before the child has made it. */
	if (pid > 0)
		setpgid(pid, pid);
	close(block);
	return pid > 0 && wait_for_site(pid);
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

void
ws_authorize(const struct ws_options *o, const sigset_t *mask,
    const struct ws_open_request *request, struct ws_open_reply *reply,
    struct ticket_grant *grant)
{
	memset(grant, 0, sizeof(*grant));
	reply->was_checked = o->tickets != NULL || o->authorizer != NULL;
	if (!reply->was_checked || has_ticket(o, request, grant) ||
	    (o->authorizer != NULL && ask_site(o, mask, request)))
		return;
	reply->status = 403;
	strcpy(reply->why,
	    o->tickets != NULL
		? "the ticket is missing, expired, used, or for another path"
		: "the command of -A refused the request");
}
