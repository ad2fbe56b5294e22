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
#include "ws-monitor/ticket.h"
#include "ws-monitor/authorize.h"

#define SITE_MS 10000 /* for the site's command to say yes or no */

/* Has somebody told us to end, though we have not yet heard it? */
static bool
is_being_stopped(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) || sigismember(&set, SIGINT));
}

/* Kill it if it takes too long. Returns whether it said yes. */
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
 * Ask the site's own command, which reads the request as it came: what may be
 * a secret is in no process list and no environment.
 */
static bool
ask_site(const struct ws_options *o, const sigset_t *mask,
    const struct ws_wish *wish)
{
	int block = secret_to_fd(wish->block, wish->block_len);
	pid_t pid;

	if (block == -1)
		return false;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, mask, NULL);
		setenv("VM_WS_PATH", wish->path, 1);
		setenv("VM_WS_PEER", wish->peer, 1);
		if (dup2(block, STDIN_FILENO) == -1 ||
		    dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
			_exit(EX_OSERR);
		execl("/bin/sh", "sh", "-c", o->authoriser, (char *)0);
		_exit(EX_OSERR);
	}
	close(block);
	return pid > 0 && wait_for_site(pid);
}

static bool
has_ticket(const struct ws_options *o, struct ws_wish *wish)
{
	const char *dir = o->tickets, *path = wish->path;
	const char *resume = wish->resume[0] != '\0' ? wish->resume : NULL;

	if (dir == NULL)
		return false;
	return (wish->ticket[0] != '\0' &&
		   ticket_use(dir, wish->ticket, path, resume, wish->ended)) ||
	       (resume != NULL &&
		   ticket_use(dir, resume, path, NULL, wish->ended));
}

void
ws_admit(const struct ws_options *o, const sigset_t *mask, struct ws_wish *wish,
    struct ws_leave *leave)
{
	leave->was_checked = o->tickets != NULL || o->authoriser != NULL;
	if (!leave->was_checked || has_ticket(o, wish) ||
	    (o->authoriser != NULL && ask_site(o, mask, wish)))
		return;
	leave->status = 403;
	strcpy(leave->why,
	    o->tickets != NULL
		? "no ticket, or one that is not good here, or no more"
		: "the site says no");
}
