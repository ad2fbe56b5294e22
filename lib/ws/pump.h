/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The state of a bridge at work (ws/bridge.h), for its own parts. bridge.c has
 * the loop and the timers; receive.c takes what the peer sends, send.c makes
 * and writes our frames, close.c decides how the WebSocket ends. The calls run
 * that way only: bridge -> receive -> send -> close.
 */
#ifndef VM_WS_PUMP_H
#define VM_WS_PUMP_H

#include <stdint.h>

#include "ws/bridge-settings.h"
#include "ws/frame.h"

#define PUMP_BUFFER (64 * 1024)
#define PUMP_KEYS   1024 /* random bytes at once, for masks */

struct pump {
	const struct ws_bridge *b;
	struct ws_end *end;
	struct ws_parser parser;

	/* From the peer: raw bytes, which are parsed in place. */
	unsigned char in[PUMP_BUFFER];
	size_t in_at, in_end;
	const unsigned char *payload; /* in `in`; not yet written to b->out */
	size_t payload_len;
	bool out_gone; /* the backend reads no more: payload is dropped */

	/* To the peer: one frame at a time, the header just before its data. */
	unsigned char frame[WS_HEADER_MAX + PUMP_BUFFER];
	size_t frame_at, frame_end;
	bool in_ended, in_failed; /* b->in: at its end; broken */
	int64_t in_ended_at;	  /* ms */
	bool is_stopping;	  /* b->stop_reason() has returned true */

	struct ws_texts texts; /* still to be sent */

	/* Control frames that are still to be sent. */
	unsigned char pong[WS_CONTROL_MAX]; /* for the newest ping (5.5.3) */
	unsigned pong_len;
	bool owes_pong, owes_ping, owes_close;
	unsigned char close[WS_CONTROL_MAX]; /* our close frame's payload */
	size_t close_len;
	bool sent_close, got_close;
	bool failed; /* the peer broke the protocol */

	bool net_ended; /* the peer sends no more */
	bool net_lost;	/* ... and receives no more */
	bool net_hup;	/* the peer hung up; what it sent may be unread */
	bool told;	/* b->input_done() was called */
	int64_t told_at;

	/* The time, in ms of clock_ms(), of the last ... */
	int64_t heard_at;  /* byte from the peer */
	int64_t calmed_at; /* read from the peer, or pong instead of it */
	int64_t said_at;   /* message that we began */
	int64_t quiet_at;  /* byte from the backend, or told_at */
	int64_t moved_at;  /* byte that the backend took */
	int64_t sent_at;   /* byte that the peer took */
	int64_t closed_at; /* ... and of our close; 0: not sent yet */
	unsigned pings;	   /* since heard_at */

	unsigned char keys[PUMP_KEYS];
	size_t key_at;
};

#endif
