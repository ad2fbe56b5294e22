/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * WebSocket frames (RFC 6455 section 5), in both roles, as a bridge of bytes
 * sees them: where a message begins and ends has no meaning, so payload is
 * handed on as it comes and nothing is gathered, whatever length a peer
 * announces. No I/O, no allocation.
 *
 * What the RFC forbids is an error with the close code that it deserves. No
 * extension is ever agreed on, so the reserved bits are zero.
 */
#ifndef VM_WS_FRAME_H
#define VM_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ws/close-code.h"

#define WS_HEADER_MAX  14  /* bytes: the longest header */
#define WS_CONTROL_MAX 125 /* bytes of a control frame's payload (5.5) */

enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

enum ws_event_kind {
	WS_NOTHING, /* more bytes are needed */
	WS_DATA,    /* some payload */
	WS_GOT_PING,
	WS_GOT_PONG,
	WS_GOT_CLOSE,
	WS_ERROR, /* fail the connection with code; nothing more is parsed */
};

struct ws_event {
	enum ws_event_kind kind;
	/* Of data: a part of what was fed. Of ping, pong and close: their
	 * payload, in the parser until the next call; of close, the reason. */
	const unsigned char *bytes;
	size_t len;
	unsigned code;	  /* of close and error */
	const char *text; /* of an error: what was wrong */
};

struct ws_parser {
	bool is_server;	   /* the peer is a client, whose frames are masked */
	bool accepts_text; /* text is data like binary, if it is UTF-8 */
	bool ended;	   /* a close or an error was met */
	bool in_message;   /* a message's last frame is still to come */
	bool is_text;	   /* ... and it is text */
	unsigned char header[WS_HEADER_MAX];
	unsigned have, need; /* bytes of the header */
	bool in_payload;
	unsigned opcode; /* of the frame at hand */
	bool is_final;
	uint64_t left; /* bytes of its payload that are to come */
	unsigned char key[4];
	unsigned key_at;		       /* the key's next byte */
	unsigned char control[WS_CONTROL_MAX]; /* a control frame's payload */
	unsigned control_len;
	unsigned utf8; /* state of the check of a text message; 0: between
			* characters */
};

/* A parser at the beginning: of what a client sends (is_server), or a server;
 * accepts_text: text is data, too, and is not refused (1003). */
void ws_parser_init(struct ws_parser *, bool is_server, bool accepts_text);

/*
 * Take what has come: up to len bytes at buf, which are unmasked in place.
 * Returns how many were taken, and in *event what they amount to: one thing at
 * a time, so call it again with the rest until it says WS_NOTHING.
 */
size_t ws_parse(
    struct ws_parser *, unsigned char *buf, size_t len, struct ws_event *event);

/*
 * Write the header of a frame, whole (FIN), of len bytes of payload; key is
 * the mask of a client's frame (5.3), NULL for a server's. Returns its length.
 */
size_t ws_header(unsigned char buf[WS_HEADER_MAX], enum ws_opcode opcode,
    uint64_t len, const unsigned char key[4]);

/* Mask or unmask len bytes, the first of which is byte `at` of the payload. */
void ws_mask(
    unsigned char *buf, size_t len, const unsigned char key[4], uint64_t at);

/*
 * The payload of a close frame: code, and as much of reason as there is room
 * for, in whole characters. Returns its length.
 */
size_t ws_close_payload(
    unsigned char buf[WS_CONTROL_MAX], unsigned code, const char *reason);

/*
 * Take len bytes into a check of UTF-8 (RFC 3629) whose state is *state, 0 at
 * first. False where they cannot be it; at the end of a text, *state must be 0.
 */
bool ws_utf8(unsigned *state, const unsigned char *bytes, size_t len);

#endif
