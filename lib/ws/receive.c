/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws/pump.h"

#define ROUNDS	 8    /* of reading, between two looks at all the rest */
#define NO_CLOSE 1006 /* no close has come (7.1.5) */

/* --- ending --------------------------------------------------------------- */

static void
set_end(
    struct pump *p, bool by_peer, unsigned code, const char *text, size_t len)
{
	size_t i;

	p->end->by_peer = by_peer;
	p->end->code = code;
	if (len >= sizeof(p->end->text))
		len = sizeof(p->end->text) - 1;
	for (i = 0; i < len; i++)
		p->end->text[i] =
		    text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	p->end->text[len] = '\0';
}

/* Say that it is over, once what is owed before has been said. */
static void
begin_close(struct pump *p, unsigned code, const char *reason)
{
	if (p->owes_close || p->sent_close)
		return;
	p->owes_close = true;
	p->sent_at = clock_ms();
	p->last_len = ws_close_payload(p->last, code, reason);
}

/* End it from this side. */
void
pump_end_with(struct pump *p, const struct ws_reason *why)
{
	if (!p->got_close && !p->failed)
		set_end(p, false, why->code, why->text, strlen(why->text));
	begin_close(p, why->code, why->text);
}

/* The peer broke the rules: nothing more of it is believed (7.1.7). */
static void
fail(struct pump *p, const struct ws_event *e)
{
	set_end(p, false, e->code, e->text, strlen(e->text));
	begin_close(p, e->code, e->text);
	p->failed = true;
}

void
pump_lose(struct pump *p, const char *why)
{
	p->net_ended = p->net_lost = true;
	if (!p->got_close && !p->failed)
		set_end(p, true, NO_CLOSE, why, strlen(why));
}

/* --- from the peer -------------------------------------------------------- */

static bool
is_complaint(const struct pump *p, unsigned code)
{
	return p->end->code == WS_NORMAL && code != 0 && code != WS_NORMAL &&
	       code != WS_GOING_AWAY;
}

static void
take_close(struct pump *p, const struct ws_event *e)
{
	bool is_first = !p->sent_close && !p->owes_close;

	p->got_close = true;
	/* Who began it has said why; unless the other had something to say that
	 * is no answer to that (7.1.5). */
	if (is_first || is_complaint(p, e->code))
		set_end(p, true, e->code != 0 ? e->code : WS_NO_CODE,
		    (const char *)e->bytes, e->len);
	begin_close(p, e->code != 0 ? e->code : WS_NORMAL, "");
}

static void
take_event(struct pump *p, const struct ws_event *e)
{
	switch (e->kind) {
	case WS_DATA:
		p->payload = e->bytes;
		p->payload_len = e->len;
		break;
	case WS_GOT_PING:
		/* The one before, if the peer takes it now; else the newest is
		 * enough (5.5.3). */
		if (p->owes_pong) {
			pump_make_next(p);
			pump_write_net(p);
		}
		memcpy(p->pong, e->bytes, e->len);
		p->pong_len = (unsigned)e->len;
		p->owes_pong = true;
		break;
	case WS_GOT_CLOSE:
		take_close(p, e);
		break;
	case WS_ERROR:
		fail(p, e);
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

static const struct ws_reason nobody_reads = {
    WS_INTERNAL, "nobody reads what is sent"};

bool
pump_write_out(struct pump *p)
{
	ssize_t n = 0;

	if (!p->out_gone)
		n = write(p->b->out, p->payload, p->payload_len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n == -1) {
		p->out_gone = true;
		if (p->b->is_apart) /* nothing else would tell */
			pump_end_with(p, &nobody_reads);
	}
	/* What nobody reads is dropped: the end of `in` will tell. */
	if (p->out_gone)
		n = (ssize_t)p->payload_len;
	p->moved_at = clock_ms();
	p->payload += n;
	p->payload_len -= (size_t)n;
	if (p->payload_len == 0)
		pump_parse(p);
	return true;
}

/* Read once. False: there is nothing more now. */
static bool
read_net(struct pump *p)
{
	ssize_t n;

	n = wire_read(p->b->wire, p->in, sizeof(p->in));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0 && (p->got_close || p->failed))
		p->net_ended = true; /* it may still read our answer */
	else if (n == -1)
		pump_lose(p, wire_why(p->b->wire));
	else if (n == 0)
		pump_lose(p, "the connection ended without a close");
	if (n <= 0)
		return false;
	p->heard_at = clock_ms();
	p->pings = 0;
	/* After its close, or ours for its faults, it is read and dropped. */
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
