/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "ws-bridge.h"

#define BUFFER	  (64 * 1024)
#define PING_MS	  25000
#define PINGS_MAX 2 /* that may stay without an answer */
#define CLOSE_MS  5000
#define DRAIN_MS  2000 /* for the peer to read our last word */
#define NO_CLOSE  1006
#define KEYS	  1024 /* random bytes at once, for masks */

/* One at work. */
struct pump {
	const struct ws_bridge *b;
	struct ws_end *end;
	struct ws_parser parser;

	/* From the peer: raw bytes, parsed in place, then payload of them. */
	unsigned char in[BUFFER];
	size_t in_at, in_end;
	const unsigned char *payload; /* not yet written to b->out */
	size_t payload_len;
	bool out_gone; /* nobody reads there any more */

	/* To the peer: a frame at a time, its header just before it. */
	unsigned char frame[WS_HEADER_MAX + BUFFER];
	size_t frame_at, frame_end;
	bool in_ended;

	unsigned char pong[WS_CONTROL_MAX]; /* the newest ping's (5.5.3) */
	unsigned pong_len;
	bool owes_pong, owes_ping, owes_close;
	unsigned char last[WS_CONTROL_MAX]; /* our close frame's payload */
	size_t last_len;
	bool sent_close, got_close, net_ended, failed;

	int64_t heard_at;  /* ms: when the peer last said anything */
	int64_t closed_at; /* ms: when our close was sent; 0: not yet */
	unsigned pings;	   /* since then */

	unsigned char keys[KEYS];
	size_t key_at;
};

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
	p->last_len = ws_close_payload(p->last, code, reason);
}

/* The peer broke the rules: nothing more of it is believed (7.1.7). */
static void
fail(struct pump *p, const struct ws_event *e)
{
	set_end(p, false, e->code, e->text, strlen(e->text));
	begin_close(p, e->code, e->text);
	p->failed = true;
}

/* The peer is gone without a word. */
static void
lose(struct pump *p, const char *why)
{
	p->net_ended = true;
	if (!p->got_close && !p->failed)
		set_end(p, true, NO_CLOSE, why, strlen(why));
}

/* --- from the peer -------------------------------------------------------- */

static void
take_close(struct pump *p, const struct ws_event *e)
{
	p->got_close = true;
	/* Who began it has said why. */
	if (!p->sent_close && !p->owes_close)
		set_end(p, true, e->code != 0 ? e->code : WS_NORMAL,
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

/* Parse what has come, up to the next payload that must be written first. */
static void
parse(struct pump *p)
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

/* Is there room for more of the peer's? */
static bool
wants_net(const struct pump *p)
{
	return !p->net_ended && p->payload_len == 0;
}

static void
read_net(struct pump *p)
{
	ssize_t n;

	n = read(p->b->net, p->in, sizeof(p->in));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		lose(p, strerror(errno));
	else if (n == 0)
		lose(p, "the connection ended without a close");
	if (n <= 0)
		return;
	p->heard_at = clock_ms();
	p->pings = 0;
	/* After its close, or ours for its faults, it is read and dropped. */
	if (p->got_close || p->failed)
		return;
	p->in_at = 0;
	p->in_end = (size_t)n;
	parse(p);
}

/* Pass its payload on. */
static void
write_out(struct pump *p)
{
	ssize_t n = 0;

	if (!p->out_gone)
		n = write(p->b->out, p->payload, p->payload_len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		p->out_gone = true;
	/* What nobody reads is dropped: the end of `in` will tell. */
	if (p->out_gone)
		n = (ssize_t)p->payload_len;
	p->payload += n;
	p->payload_len -= (size_t)n;
	if (p->payload_len == 0)
		parse(p);
}

/* --- to the peer ---------------------------------------------------------- */

/* Four bytes that nobody can know before (5.3, 10.3). */
static const unsigned char *
next_key(struct pump *p)
{
	if (p->key_at == 0 || p->key_at == sizeof(p->keys)) {
		p->key_at = 0;
		while (getrandom(p->keys, sizeof(p->keys), 0) == -1 &&
		       errno == EINTR)
			continue;
	}
	p->key_at += 4;
	return p->keys + p->key_at - 4;
}

/* Its payload lies behind the room for a header: make a frame of it. */
static void
make_frame(struct pump *p, enum ws_opcode opcode, size_t len)
{
	unsigned char header[WS_HEADER_MAX];
	const unsigned char *key = p->b->is_server ? NULL : next_key(p);
	size_t n = ws_header(header, opcode, len, key);

	if (key != NULL)
		ws_mask(p->frame + WS_HEADER_MAX, len, key, 0);
	memcpy(p->frame + WS_HEADER_MAX - n, header, n);
	p->frame_at = WS_HEADER_MAX - n;
	p->frame_end = WS_HEADER_MAX + len;
}

static void
make_control(
    struct pump *p, enum ws_opcode opcode, const void *payload, size_t len)
{
	memcpy(p->frame + WS_HEADER_MAX, payload, len);
	make_frame(p, opcode, len);
}

/* Does the other side's data still go to the peer? */
static bool
wants_in(const struct pump *p)
{
	return p->frame_at == p->frame_end && !p->in_ended && !p->owes_close &&
	       !p->sent_close && !p->owes_pong && !p->owes_ping;
}

static void
read_in(struct pump *p)
{
	unsigned code = WS_NORMAL;
	ssize_t n;

	n = read(p->b->in, p->frame + WS_HEADER_MAX, BUFFER);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		make_frame(p, WS_BINARY, (size_t)n);
		return;
	}
	p->in_ended = true;
	if (n == 0 && p->b->end_code != NULL)
		code = p->b->end_code();
	else if (n == -1)
		code = WS_INTERNAL;
	set_end(p, false, code, "", 0);
	begin_close(p, code, "");
}

/* What is owed, one frame after the other; the close when nothing else is. */
static void
make_next(struct pump *p)
{
	if (p->frame_at < p->frame_end || p->sent_close)
		return;
	if (p->owes_pong) {
		p->owes_pong = false;
		make_control(p, WS_PONG, p->pong, p->pong_len);
	} else if (p->owes_ping) {
		p->owes_ping = false;
		make_control(p, WS_PING, "", 0);
	} else if (p->owes_close && (p->payload_len == 0 || !p->got_close)) {
		p->sent_close = true;
		p->closed_at = clock_ms();
		make_control(p, WS_CLOSE, p->last, p->last_len);
	}
}

static void
write_net(struct pump *p)
{
	ssize_t n;

	n = send(p->b->net, p->frame + p->frame_at, p->frame_end - p->frame_at,
	    MSG_NOSIGNAL);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		lose(p, strerror(errno));
		p->frame_at = p->frame_end;
		return;
	}
	p->frame_at += (size_t)n;
}

/* --- time ----------------------------------------------------------------- */

static int
ping_after(const struct pump *p)
{
	return p->b->ping_after != 0 ? p->b->ping_after : PING_MS;
}

/* A peer that is not read from is not blamed for its silence. */
static void
keep_alive(struct pump *p, int64_t now)
{
	if (!wants_net(p))
		p->heard_at = now;
	if (p->sent_close || now - p->heard_at < ping_after(p) * (p->pings + 1))
		return;
	if (p->pings++ < PINGS_MAX)
		p->owes_ping = true;
	else
		lose(p, "the peer does not answer");
}

/* Is all said and done? */
static bool
is_over(const struct pump *p, int64_t now)
{
	int limit = p->b->close_limit != 0 ? p->b->close_limit : CLOSE_MS;

	if (p->net_ended && p->payload_len == 0)
		return true;
	if (!p->sent_close || p->frame_at < p->frame_end)
		return false;
	return p->got_close || p->failed || now - p->closed_at > limit;
}

/*
 * Half-close, and read what still comes, so that our close is not lost to a
 * reset (7.1.1). The client waits for the server to do so.
 */
static void
drain(struct pump *p)
{
	struct pollfd f = {p->b->net, POLLIN, 0};
	int64_t end = clock_ms() + DRAIN_MS, left;
	ssize_t n = 1;

	if (p->net_ended)
		return;
	if (p->b->is_server || p->failed)
		shutdown(p->b->net, SHUT_WR);
	while (n != 0 && (left = end - clock_ms()) > 0 &&
	       poll(&f, 1, (int)left) == 1) {
		n = read(p->b->net, p->in, sizeof(p->in));
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			break;
	}
}

/* --- the loop ------------------------------------------------------------- */

static void
step(struct pump *p)
{
	struct pollfd f[3] = {{-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}};
	int64_t next = p->heard_at + ping_after(p) * (p->pings + 1);
	int64_t wait = next - clock_ms();

	/* A descriptor of which nothing is wanted would spin at its end. */
	if (wants_net(p))
		f[0] = (struct pollfd){p->b->net, POLLIN, 0};
	if (p->frame_at < p->frame_end)
		f[0] = (struct pollfd){
		    p->b->net, (short)(f[0].events | POLLOUT), 0};
	if (wants_in(p))
		f[1] = (struct pollfd){p->b->in, POLLIN, 0};
	if (p->payload_len > 0)
		f[2] = (struct pollfd){p->b->out, POLLOUT, 0};
	if (wait < 10)
		wait = 10;
	if (p->sent_close || wait > 1000)
		wait = p->sent_close ? 100 : 1000;
	if (poll(f, 3, (int)wait) == -1)
		return;
	if (f[2].revents != 0)
		write_out(p);
	if (f[0].revents & POLLOUT)
		write_net(p);
	if (f[0].revents & ~POLLOUT)
		read_net(p);
	if (f[1].revents != 0)
		read_in(p);
}

void
ws_bridge(const struct ws_bridge *b, struct ws_end *end)
{
	static struct pump pump; /* too large for a stack, and there is one */
	struct pump *p = &pump;

	memset(p, 0, sizeof(*p));
	memset(end, 0, sizeof(*end));
	p->b = b;
	p->end = end;
	p->heard_at = clock_ms();
	ws_parser_init(&p->parser, b->is_server, b->accepts_text);
	fcntl(b->net, F_SETFL, fcntl(b->net, F_GETFL) | O_NONBLOCK);
	fcntl(b->in, F_SETFL, fcntl(b->in, F_GETFL) | O_NONBLOCK);
	fcntl(b->out, F_SETFL, fcntl(b->out, F_GETFL) | O_NONBLOCK);
	if (b->early_len > 0) {
		memcpy(p->in, b->early, b->early_len);
		p->in_end = b->early_len;
		parse(p);
	}
	make_next(p);
	while (!is_over(p, clock_ms())) {
		step(p);
		keep_alive(p, clock_ms());
		make_next(p);
	}
	end->clean = p->got_close && p->sent_close && !p->failed;
	drain(p);
	shutdown(b->out, SHUT_WR);
}

int
ws_end_status(const struct ws_end *end)
{
	switch (end->code) {
	case WS_NORMAL:
	case WS_GOING_AWAY:
		return end->clean ? 0 : EX_IOERR;
	case WS_PROTOCOL_ERROR:
	case WS_UNACCEPTABLE:
	case WS_BAD_DATA:
	case WS_TOO_BIG:
		return EX_PROTOCOL;
	case WS_POLICY:
		return EX_NOPERM;
	case 4409: /* ours: the slot is taken */
		return EX_TEMPFAIL;
	default:
		return EX_IOERR;
	}
}
