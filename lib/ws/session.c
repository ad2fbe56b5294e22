/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ws/session.h"

#define BEAT_MS 5000 /* within a page's patience: scripts/web/link.js */

#define FAREWELL_MS 10000 /* for a server to say why the far side was to end */

static int keeper_fd; /* the bridge's callbacks know no more */

/*
 * How has the far side ended? Its keeper knows, or will in a moment. Without a
 * keeper nobody does: that it was meant would be a guess.
 */
static void
ask_far(struct ws_reason *why)
{
	struct ws_message m = {.kind = WS_FAR_ENDED};
	int fds[2];

	m.u.reason = *why;
	if (ws_message_send(keeper_fd, &m, NULL) == 0 &&
	    ws_message_receive(keeper_fd, &m, fds) == 0 && m.kind == WS_REASON)
		*why = m.u.reason;
	else
		*why = (struct ws_reason){
		    WS_INTERNAL, "nobody knows how the far side ended"};
}

/* The keeper wants it to end, or is gone. */
static void
asked(int ask, struct ws_reason *why)
{
	struct ws_message m;
	int fds[2];

	if (ws_message_receive(ask, &m, fds) == 0 && m.kind == WS_REASON)
		*why = m.u.reason;
}

/* The far side is told what it could not see, and then reads the end. */
static void
end_far(const struct ws_bridge *b, const struct ws_end *end)
{
	struct ws_message m = {.kind = WS_END};
	int fds[2];

	m.u.end = *end;
	if (ws_message_send(keeper_fd, &m, NULL) == 0)
		ws_message_receive(keeper_fd, &m, fds);
	shutdown(b->out, SHUT_WR);
}

/*
 * Take leave of the far side. What it has said and we do not read would make its
 * end of file a reset (unix(7)).
 */
static void
leave_far(const int far[2])
{
	char rest[4096];

	if (shutdown(far[0], SHUT_RDWR) == -1)
		return; /* no socket */
	while (recv(far[0], rest, sizeof(rest), MSG_DONTWAIT) > 0)
		continue;
}

static void
say_end(const struct ws_options *o, const char *peer, const struct ws_end *end)
{
	int status = ws_end_status(end);

	if (status == 0 && !o->verbose)
		return;
	ws_say(peer, "%s closed: %u%s%s", end->by_peer ? "peer" : "we",
	    end->code, end->text[0] != '\0' ? " " : "", end->text);
}

int
ws_talk(const struct ws_options *o, int keeper, const struct ws_open *open,
    const int far[2])
{
	bool beats = !o->is_client && open->protocol != NULL &&
		     strcmp(open->protocol, WS_NBD_BEAT) == 0;
	struct ws_bridge b = {.wire = open->wire,
	    .in = far[0],
	    .out = far[1],
	    .is_separate = o->socket == NULL && o->command == NULL,
	    .is_server = !o->is_client,
	    .accepts_text = o->accepts_text,
	    .early = open->early,
	    .early_len = open->early_len,
	    .explain_end = ask_far,
	    .end_wait = o->is_client && o->socket != NULL ? FAREWELL_MS : 0,
	    .stop_fd = keeper,
	    .stop_reason = asked,
	    .input_done = end_far,
	    .ping_after = o->ping_after,
	    .beat_after = beats ? BEAT_MS : 0};
	const int flags[2] = {fcntl(far[0], F_GETFL), fcntl(far[1], F_GETFL)};
	struct ws_end end;

	keeper_fd = keeper;
	ws_bridge(&b, &end);
	/* Our standard input and output are others', too. */
	fcntl(far[0], F_SETFL, flags[0]);
	fcntl(far[1], F_SETFL, flags[1]);
	leave_far(far);
	say_end(o, open->peer, &end);
	return ws_end_status(&end);
}
