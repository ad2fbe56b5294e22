/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws/close.h"
#include "ws/receive.h"
#include "ws/send.h"

#define ROUNDS 8 /* reads before the loop looks at everything else */

static void
take_event(struct pump *p, const struct ws_event *e)
{
	switch (e->kind) {
	case WS_DATA:
		p->payload = e->bytes;
		p->payload_len = e->len;
		break;
	case WS_GOT_PING:
		/* Answer the previous ping, if the peer takes the answer now.
		 * If not, it is enough to answer the newest one (5.5.3). */
		if (p->owes_pong) {
			pump_make_next(p);
			pump_write_net(p);
		}
		memcpy(p->pong, e->bytes, e->len);
		p->pong_len = (unsigned)e->len;
		p->owes_pong = true;
		break;
	case WS_GOT_CLOSE:
		pump_take_close(p, e);
		break;
	case WS_ERROR:
		pump_fail(p, e);
		break;
	default:
		break;
	}
}

void
pump_parse(struct pump *p)
{
	struct ws_event e;

	while (p->payload_len == 0 && !p->got_close && !p->failed) {
		p->in_at += ws_parse(
		    &p->parser, p->in + p->in_at, p->in_end - p->in_at, &e);
		if (e.kind == WS_NOTHING)
			break;
		take_event(p, &e);
	}
	if (p->in_at == p->in_end || p->got_close || p->failed)
		p->in_at = p->in_end = p->payload_len > 0 ? p->in_end : 0;
}

bool
pump_wants_net(const struct pump *p)
{
	return !p->net_ended && p->payload_len == 0;
}

bool
pump_write_out(struct pump *p)
{
	static const struct ws_reason nobody_reads = {
	    WS_INTERNAL, "the backend does not read what the peer sends"};
	ssize_t n = 0;

	if (!p->out_gone)
		n = write(p->b->out, p->payload, p->payload_len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n == -1) {
		p->out_gone = true;
		/* If b->out is a socket, the end of b->in tells how the backend
		 * ended. */
		if (p->b->is_separate)
			pump_close(p, &nobody_reads);
	}
	if (p->out_gone)
		n = (ssize_t)p->payload_len;
	p->moved_at = clock_ms();
	p->payload += n;
	p->payload_len -= (size_t)n;
	if (p->payload_len == 0)
		pump_parse(p);
	return true;
}

/* Read from the peer once. Returns false if there is nothing more now. */
static bool
read_net(struct pump *p)
{
	ssize_t n;

	n = wire_read(p->b->wire, p->in, sizeof(p->in));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0 && (p->got_close || p->failed))
		p->net_ended = true; /* the peer may still read our close */
	else if (n == -1)
		pump_lose(p, wire_why(p->b->wire));
	else if (n == 0)
		pump_lose(p, "the connection ended without a close");
	if (n <= 0)
		return false;
	p->heard_at = clock_ms();
	p->pings = 0;
	/* After a close or an error, drop what still comes. */
	if (p->got_close || p->failed)
		return true;
	p->in_at = 0;
	p->in_end = (size_t)n;
	pump_parse(p);
	return true;
}

void
pump_pass_in(struct pump *p)
{
	int rounds;

	for (rounds = 0; rounds < ROUNDS && pump_wants_net(p); rounds++) {
		if (!read_net(p))
			return;
		while (p->payload_len > 0 && pump_write_out(p))
			continue;
	}
}
