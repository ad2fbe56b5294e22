/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/output.h"
#include "ws/bridge.h"
#include "ws/log.h"
#include "ws/message.h"
#include "ws/session.h"

#define BEAT_MS 5000 /* a page waits longer: see scripts/web/worker/link.js */

#define FAREWELL_MS 10000 /* for a server to tell why its backend ended */

static int monitor_fd; /* the bridge's callbacks have no other way to it */

/* Receive the monitor's answer; lines for the peer may come before. */
static bool
receive_reason(struct ws_reason *why, struct ws_texts *texts)
{
	struct ws_message m;

	while (ws_message_receive(monitor_fd, &m, NULL) == 0) {
		if (m.kind == WS_STATE) {
			ws_texts_add(texts, m.u.state);
			continue;
		}
		if (m.kind == WS_REASON)
			*why = m.u.reason;
		return m.kind == WS_REASON;
	}
	return false;
}

/*
 * How has the backend ended? The monitor knows, or will know in a moment.
 * Without a monitor nobody knows, and the end must not be called normal.
 */
static void
explain_end(struct ws_reason *why, struct ws_texts *texts)
{
	struct ws_message m = {.kind = WS_BACKEND_ENDED};

	m.u.reason = *why;
	if (ws_message_send(monitor_fd, &m, NULL) == -1 ||
	    !receive_reason(why, texts))
		*why = (struct ws_reason){
		    WS_INTERNAL, "the exit status of the backend is unknown"};
}

/* The monitor has a line for the peer, tells us to stop, or is gone. */
static bool
stop_reason(int stop_fd, struct ws_reason *why, struct ws_texts *texts)
{
	struct ws_message m;

	if (ws_message_receive(stop_fd, &m, NULL) == -1)
		return true;
	if (m.kind == WS_STATE)
		ws_texts_add(texts, m.u.state);
	else if (m.kind == WS_REASON)
		*why = m.u.reason;
	return m.kind != WS_STATE;
}

/* First the monitor tells the backend how the peer ended. Only then may the
 * backend read end of file, which does not show how. */
static void
input_done(const struct ws_bridge *b, const struct ws_end *end)
{
	struct ws_message m = {.kind = WS_ENDED};
	struct ws_texts unheard = {.len = 0};
	struct ws_reason go_on;

	m.u.end = *end;
	if (ws_message_send(monitor_fd, &m, NULL) == 0)
		receive_reason(&go_on, &unheard);
	shutdown(b->out, SHUT_WR);
}

/*
 * Read and drop what the backend has sent. If bytes stayed unread, the backend
 * would get a reset in place of end of file (unix(7)).
 */
static void
leave_backend(const int backend[2])
{
	char rest[4096];

	if (shutdown(backend[0], SHUT_RDWR) == -1)
		return; /* not a socket */
	while (recv(backend[0], rest, sizeof(rest), MSG_DONTWAIT) > 0)
		continue;
}

static void
log_end(const struct ws_options *o, const char *peer, const struct ws_end *end)
{
	int status = ws_end_status(end), cause = ws_end_cause(end);

	if (status == 0 && !o->verbose)
		return;
	if (o->is_client && cause != -1)
		output_cause((enum cause)cause, status);
	ws_log(peer, "%s closed: %u%s%s", end->by_peer ? "peer" : "we",
	    end->code, end->text[0] != '\0' ? " " : "", end->text);
}

int
ws_session_run(const struct ws_options *o, int monitor,
    const struct ws_session *session, const int backend[2])
{
	bool beats = !o->is_client && session->protocol != NULL &&
		     (strcmp(session->protocol, WS_NBD_BEAT) == 0 ||
			 strcmp(session->protocol, WS_NBD_STATE) == 0);
	struct ws_bridge b = {.wire = session->wire,
	    .in = backend[0],
	    .out = backend[1],
	    .is_separate = o->socket == NULL && o->command == NULL,
	    .is_server = !o->is_client,
	    .accepts_text = o->accepts_text,
	    .early = session->early,
	    .early_len = session->early_len,
	    .explain_end = explain_end,
	    .end_wait = o->is_client && o->socket != NULL ? FAREWELL_MS : 0,
	    .stop_fd = monitor,
	    .stop_reason = stop_reason,
	    .input_done = input_done,
	    .ping_after = o->ping_after,
	    .beat_after = beats ? BEAT_MS : 0};
	struct ws_end end;

	monitor_fd = monitor;
	ws_bridge(&b, &end);
	leave_backend(backend);
	log_end(o, session->peer, &end);
	return ws_end_status(&end);
}
