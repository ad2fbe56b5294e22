/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A bridge at work (ws/bridge.h), for its own parts: bridge.c has the loop
 * and the time, receive.c what comes from the peer, send.c what goes
 * to it.
 */
#ifndef VM_WS_PUMP_H
#define VM_WS_PUMP_H

#include <stdint.h>

#include "ws/bridge.h"

#define PUMP_BUFFER (64 * 1024)
#define PUMP_KEYS   1024 /* random bytes at once, for masks */

/* One at work. */
struct pump {
	const struct ws_bridge *b;
	struct ws_end *end;
	struct ws_parser parser;

	/* From the peer: raw bytes, parsed in place, then payload of them. */
	unsigned char in[PUMP_BUFFER];
	size_t in_at, in_end;
	const unsigned char *payload; /* not yet written to b->out */
	size_t payload_len;
	bool out_gone; /* nobody reads there any more */

	/* To the peer: a frame at a time, its header just before it. */
	unsigned char frame[WS_HEADER_MAX + PUMP_BUFFER];
	size_t frame_at, frame_end;
	bool in_ended, in_failed;
	int64_t in_ended_at; /* ms */
	bool was_asked;	     /* to end */

	unsigned char pong[WS_CONTROL_MAX]; /* the newest ping's (5.5.3) */
	unsigned pong_len;
	bool owes_pong, owes_ping, owes_close;
	unsigned char last[WS_CONTROL_MAX]; /* our close frame's payload */
	size_t last_len;
	bool sent_close, got_close, failed;
	bool net_ended; /* nothing more comes of the peer */
	bool net_lost;	/* ... and nothing more gets to it */
	bool net_hup;	/* it has gone; what it said before may be unread */
	bool told;	/* the far side, that no more comes */
	int64_t told_at, quiet_at; /* ms: when; when it last said anything */

	int64_t heard_at;  /* ms: when the peer last said anything */
	int64_t calmed_at; /* ms: when it was last read from, or told */
	int64_t said_at;   /* ms: when a message was last begun */
	int64_t moved_at;  /* ms: when the far side last took anything */
	int64_t sent_at;   /* ms: when the peer last took anything */
	int64_t closed_at; /* ms: when our close was sent; 0: not yet */
	unsigned pings;	   /* since then */

	unsigned char keys[PUMP_KEYS];
	size_t key_at;
};

/* --- receive.c --------------------------------------------------------- */

/* End it from this side: say so, once what is owed before has been said. */
void pump_end_with(struct pump *, const struct ws_reason *);

/* The peer is gone: without a word, if it has not closed before. */
void pump_lose(struct pump *, const char *why);

/* Parse what has come, up to the next payload that must be written first. */
void pump_parse(struct pump *);

/* Is there room for more of the peer's? */
bool pump_wants_net(const struct pump *);

/* Pass its payload on. False: the far side takes no more now. */
bool pump_write_out(struct pump *);

/* Read and pass on, as long as neither side has to be waited for. */
void pump_pass_in(struct pump *);

/* --- send.c -------------------------------------------------------- */

/* Does the other side's data still go to the peer? */
bool pump_wants_in(const struct pump *);
void pump_read_in(struct pump *);

/* The far side has ended: so do we, unless the peer is about to say why. */
void pump_take_far_end(struct pump *);

/* Somebody wants it to end. */
void pump_take_asked(struct pump *);

/* Nothing more comes to the far side: once, when it has taken all of it. */
void pump_tell_far(struct pump *);

/* What is owed, one frame after the other; the close when nothing else is. */
void pump_make_next(struct pump *);
void pump_write_net(struct pump *);

#endif
