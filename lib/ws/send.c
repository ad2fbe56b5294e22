/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/random.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws/close.h"
#include "ws/send.h"

/* A mask of four bytes that nobody can predict (5.3, 10.3). */
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

/* Make a frame. Its payload is in p->frame, after WS_HEADER_MAX bytes. */
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

bool
pump_wants_in(const struct pump *p)
{
	return p->frame_at == p->frame_end && !p->in_ended &&
	       (!p->owes_close || pump_is_last(p)) && !p->sent_close &&
	       !p->owes_pong && !p->owes_ping;
}

void
pump_read_in(struct pump *p)
{
	ssize_t n;

	n = read(p->b->in, p->frame + WS_HEADER_MAX, PUMP_BUFFER);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		p->quiet_at = p->said_at = clock_ms();
		make_frame(p, WS_BINARY, (size_t)n);
		return;
	}
	p->in_ended = true;
	p->in_failed = n == -1;
	p->in_ended_at = clock_ms();
	pump_take_backend_end(p);
}

static bool
owes_beat(const struct pump *p)
{
	return p->b->beat_after != 0 && !p->owes_close && !p->in_ended &&
	       clock_ms() - p->said_at >= p->b->beat_after;
}

/* Make one message of all texts for the peer. */
static void
make_text(struct pump *p)
{
	size_t len = p->texts.len;

	p->texts.len = 0;
	p->said_at = clock_ms();
	memcpy(p->frame + WS_HEADER_MAX, p->texts.text, len);
	make_frame(p, WS_TEXT, len);
}

void
pump_make_next(struct pump *p)
{
	if (p->frame_at < p->frame_end || p->sent_close)
		return;
	if (p->owes_pong) {
		p->owes_pong = false;
		make_control(p, WS_PONG, p->pong, p->pong_len);
	} else if (p->owes_ping) {
		p->owes_ping = false;
		make_control(p, WS_PING, "", 0);
	} else if (p->texts.len > 0 && !p->got_close && !p->failed) {
		make_text(p);
	} else if (owes_beat(p)) {
		p->said_at = clock_ms();
		make_frame(p, WS_BINARY, 0);
	} else if (p->owes_close && pump_may_close(p)) {
		p->sent_close = true;
		p->closed_at = clock_ms();
		make_control(p, WS_CLOSE, p->close, p->close_len);
	}
}

void
pump_write_net(struct pump *p)
{
	ssize_t n;

	if (p->frame_at == p->frame_end) {
		if (wire_flush(p->b->wire) == -1 && errno != EAGAIN)
			pump_lose(p, wire_why(p->b->wire));
		return;
	}
	n = wire_write(
	    p->b->wire, p->frame + p->frame_at, p->frame_end - p->frame_at);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		pump_lose(p, wire_why(p->b->wire));
		p->frame_at = p->frame_end;
		return;
	}
	p->frame_at += (size_t)n;
	p->sent_at = clock_ms();
}
