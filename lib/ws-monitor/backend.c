/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "unix/connect.h"
#include "ws-monitor/backend.h"

/* --- a command ------------------------------------------------------------ */

/* What it may want to know of its client; nothing of it is a secret. */
static void
set_environment(const struct ws_wish *wish)
{
	if (wish == NULL)
		return;
	setenv("VM_WS_PATH", wish->path, 1);
	setenv("VM_WS_QUERY", wish->query, 1);
	setenv("VM_WS_PEER", wish->peer, 1);
	setenv("VM_WS_ORIGIN", wish->origin, 1);
	setenv("VM_WS_PROTOCOL", wish->protocol, 1);
	setenv("VM_WS_ENDED", wish->ended, 1);
}

static void __attribute__((noreturn)) become(const struct ws_options *o,
    const struct ws_wish *wish, int socket, int said, const sigset_t *mask)
{
	setpgid(0, 0);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	set_environment(wish);
	if (dup2(socket, STDIN_FILENO) == -1 ||
	    dup2(socket, STDOUT_FILENO) == -1 ||
	    (said != -1 && dup2(said, STDERR_FILENO) == -1))
		_exit(EX_OSERR);
	execvp(o->command[0], o->command);
	warn("unable to execute %s", o->command[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static int
start(struct ws_far *f, const struct ws_options *o, const struct ws_wish *wish,
    const sigset_t *mask)
{
	int pair[2], said[2] = {-1, -1}, error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	if (o->tells && pipe2(said, O_CLOEXEC | O_NONBLOCK) == -1)
		said[0] = said[1] = -1;
	if (said[1] != -1)
		fcntl(said[1], F_SETFL, 0); /* it may say all at once */
	f->pid = fork();
	if (f->pid == 0)
		become(o, wish, pair[1], said[1], mask);
	error = errno;
	close(pair[1]);
	if (said[1] != -1)
		close(said[1]);
	f->said = said[0];
	f->fds[0] = f->fds[1] = pair[0];
	if (f->pid > 0)
		return 0;
	/* There is nothing to be waited for. */
	f->pid = 0;
	ws_far_handed(f);
	errno = error;
	return -1;
}

/* --- all of them ---------------------------------------------------------- */

int
ws_far_open(struct ws_far *f, const struct ws_options *o,
    const struct ws_wish *wish, const sigset_t *mask)
{
	memset(f, 0, sizeof(*f));
	f->said = f->fds[0] = f->fds[1] = -1;
	if (o->command != NULL)
		return start(f, o, wish, mask);
	if (o->socket != NULL) {
		f->fds[0] = f->fds[1] = connect_unix(o->socket);
		return f->fds[0] != -1 ? 0 : -1;
	}
	f->fds[0] = dup(STDIN_FILENO);
	f->fds[1] = dup(STDOUT_FILENO);
	return f->fds[0] != -1 && f->fds[1] != -1 ? 0 : -1;
}

void
ws_far_handed(struct ws_far *f)
{
	if (f->fds[0] != -1)
		close(f->fds[0]);
	if (f->fds[1] != -1 && f->fds[1] != f->fds[0])
		close(f->fds[1]);
	f->fds[0] = f->fds[1] = -1;
}

/* The name of a program that stands before what it says is its user's, and not
 * the peer's. */
static const char *
without_name(const char *line)
{
	size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz-");

	return len > 0 && strncmp(line + len, ": ", 2) == 0 ? line + len + 2
							    : line;
}

/* A reason is UTF-8 (RFC 6455 section 5.5.1), and for people. */
static char
printable(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

void
ws_far_hear(struct ws_far *f)
{
	char text[1024];
	ssize_t n, i;

	n = read(f->said, text, sizeof(text));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(f->said);
		f->said = -1;
		return;
	}
	for (i = 0; i < n; i++) {
		if (text[i] == '\n') {
			f->at_end = true;
			continue;
		}
		if (f->at_end)
			f->len = 0;
		f->at_end = false;
		if (f->len < sizeof(f->line) - 1)
			f->line[f->len++] = printable(text[i]);
		f->line[f->len] = '\0';
	}
	if (write(STDERR_FILENO, text, (size_t)n) == -1)
		return; /* nobody hears us */
}

void
ws_far_reaped(struct ws_far *f, int status)
{
	f->pid = 0;
	/* As a shell has it. */
	f->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
ws_far_reason(
    struct ws_far *f, const struct ws_options *o, struct ws_reason *why)
{
	/* Of a server that we take elsewhere: it is lost there, as here. */
	if (o->is_client && o->socket != NULL)
		*why = (struct ws_reason){WS_GOING_AWAY, "the source is away"};
	if (o->command == NULL)
		return;
	/* Else it has closed its socket, and goes on with something else. */
	why->code = WS_NORMAL;
	if (f->pid == 0)
		why->code = ws_status_code(f->status);
	snprintf(why->text, sizeof(why->text), "%s", without_name(f->line));
}
