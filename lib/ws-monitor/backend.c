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

#include "unix/socket.h"
#include "ws-monitor/backend.h"

/* --- a command ------------------------------------------------------------ */

/* Tell the command about its client. None of this is a secret. */
static void
set_environment(
    const struct ws_open_request *request, const struct ticket_grant *grant)
{
	if (request == NULL)
		return;
	setenv("VM_WS_PATH", request->path, 1);
	setenv("VM_WS_QUERY", request->query, 1);
	setenv("VM_WS_PEER", request->peer, 1);
	setenv("VM_WS_ORIGIN", request->origin, 1);
	setenv("VM_WS_PROTOCOL", request->protocol, 1);
	setenv("VM_WS_ENDED", grant->ended, 1);
	setenv("VM_WS_RESUME", grant->resume, 1);
}

static void __attribute__((noreturn))
become(const struct ws_options *o, const struct ws_open_request *request,
    const struct ticket_grant *grant, int socket, int log, const sigset_t *mask)
{
	setpgid(0, 0);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	set_environment(request, grant);
	if (dup2(socket, STDIN_FILENO) == -1 ||
	    dup2(socket, STDOUT_FILENO) == -1 ||
	    (log != -1 && dup2(log, STDERR_FILENO) == -1))
		_exit(EX_OSERR);
	execvp(o->command[0], o->command);
	warn("unable to execute %s", o->command[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static int
start(struct ws_backend *b, const struct ws_options *o,
    const struct ws_open_request *request, const struct ticket_grant *grant,
    const sigset_t *mask)
{
	int pair[2], log[2] = {-1, -1}, error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	b->tells_state =
	    request != NULL && strcmp(request->protocol, WS_NBD_STATE) == 0;
	if ((o->sends_last_line || b->tells_state) &&
	    pipe2(log, O_CLOEXEC | O_NONBLOCK) == -1)
		log[0] = log[1] = -1;
	if (log[1] != -1)
		fcntl(log[1], F_SETFL, 0); /* the command may block here */
	b->pid = fork();
	if (b->pid == 0)
		become(o, request, grant, pair[1], log[1], mask);
	error = errno;
	/* We may signal the group before the child has made it. */
	if (b->pid > 0)
		setpgid(b->pid, b->pid);
	close(pair[1]);
	if (log[1] != -1)
		close(log[1]);
	b->log = log[0];
	b->fds[0] = b->fds[1] = pair[0];
	if (b->pid > 0)
		return 0;
	/* Nothing was started. */
	b->pid = 0;
	ws_backend_close_fds(b);
	errno = error;
	return -1;
}

/* --- every backend -------------------------------------------------------- */

int
ws_backend_open(struct ws_backend *b, const struct ws_options *o,
    const struct ws_open_request *request, const struct ticket_grant *grant,
    const sigset_t *mask)
{
	memset(b, 0, sizeof(*b));
	b->log = b->fds[0] = b->fds[1] = -1;
	if (o->command != NULL)
		return start(b, o, request, grant, mask);
	if (o->socket != NULL) {
		b->fds[0] = b->fds[1] = connect_unix(o->socket);
		return b->fds[0] != -1 ? 0 : -1;
	}
	b->fds[0] = dup(STDIN_FILENO);
	b->fds[1] = dup(STDOUT_FILENO);
	return b->fds[0] != -1 && b->fds[1] != -1 ? 0 : -1;
}

void
ws_backend_close_fds(struct ws_backend *b)
{
	if (b->fds[0] != -1)
		close(b->fds[0]);
	if (b->fds[1] != -1 && b->fds[1] != b->fds[0])
		close(b->fds[1]);
	b->fds[0] = b->fds[1] = -1;
}

/* Skip the program's name, which the peer need not know. */
static const char *
without_name(const char *line)
{
	size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz-");

	return len > 0 && strncmp(line + len, ": ", 2) == 0 ? line + len + 2
							    : line;
}

/* The reason of a close must be UTF-8 (RFC 6455 section 5.5.1). */
static char
printable(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

/* Keep a byte of a line for people: the last line may be the close's reason. */
static void
take_line_byte(struct ws_backend *b, char c)
{
	if (c == '\n') {
		b->at_end = true;
		return;
	}
	if (b->at_end)
		b->len = 0;
	b->at_end = false;
	if (b->len < sizeof(b->line) - 1)
		b->line[b->len++] = printable(c);
	b->line[b->len] = '\0';
}

/* Put a byte of a line for people into out, after the bytes that only began
 * like WS_STATE_HEAD. Returns the number of bytes put. */
static size_t
pass_byte(struct ws_backend *b, char c, char *out)
{
	size_t n = b->part == LOG_HEAD ? b->head : 0, i;

	memcpy(out, WS_STATE_HEAD, n);
	out[n++] = c;
	for (i = 0; i < n; i++)
		take_line_byte(b, out[i]);
	b->part = c == '\n' ? LOG_HEAD : LOG_LINE;
	b->head = 0;
	return n;
}

/* Take a line that tells a state, which is complete now. */
static void
take_state(struct ws_backend *b, void (*state)(const char text[WS_STATE_MAX]))
{
	static const char failed[] = WS_STATE_FAILED;

	b->state[b->state_len] = '\0';
	b->part = LOG_HEAD;
	b->head = 0;
	if (strncmp(b->state, failed, sizeof(failed) - 1) == 0)
		b->cause = cause_find(b->state + sizeof(failed) - 1);
	if (b->tells_state)
		state(b->state);
}

/* Take a byte of the log. Returns the number of bytes for people put into
 * out. */
static size_t
take_byte(struct ws_backend *b, char c, char *out,
    void (*state)(const char text[WS_STATE_MAX]))
{
	if (b->part == LOG_HEAD && c == WS_STATE_HEAD[b->head]) {
		b->state_len = 0;
		if (WS_STATE_HEAD[++b->head] == '\0')
			b->part = LOG_STATE;
		return 0;
	}
	if (b->part != LOG_STATE)
		return pass_byte(b, c, out);
	if (c != '\n') {
		if (b->state_len < sizeof(b->state) - 1)
			b->state[b->state_len++] = printable(c);
		return 0;
	}
	take_state(b, state);
	return 0;
}

void
ws_backend_read_log(
    struct ws_backend *b, void (*state)(const char text[WS_STATE_MAX]))
{
	char text[1024], out[sizeof(text) + sizeof(WS_STATE_HEAD)];
	size_t used = 0;
	ssize_t n, i;

	n = read(b->log, text, sizeof(text));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(b->log);
		b->log = -1;
		return;
	}
	for (i = 0; i < n; i++)
		used += take_byte(b, text[i], out + used, state);
	if (used > 0 && write(STDERR_FILENO, out, used) == -1)
		return; /* our standard error is closed */
}

void
ws_backend_reaped(struct ws_backend *b, int status)
{
	b->pid = 0;
	/* As a shell does: 128 and the signal. */
	b->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
ws_backend_reason(const struct ws_backend *b, const struct ws_options *o,
    struct ws_reason *why)
{
	/* We connected this server to a distant peer, which loses it now. */
	if (o->is_client && o->socket != NULL)
		*why = (struct ws_reason){
		    WS_GOING_AWAY, "the image's server has ended"};
	if (o->command == NULL)
		return;
	/* A command that still runs has closed its socket: a normal end. */
	why->code = WS_NORMAL;
	if (b->pid == 0)
		why->code = ws_status_code(b->status, b->cause);
	if (o->sends_last_line)
		snprintf(
		    why->text, sizeof(why->text), "%s", without_name(b->line));
}
