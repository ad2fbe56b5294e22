/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * WebSocket frames (RFC 6455 section 5), in both roles, as a bridge of bytes
 * needs them: message boundaries have no meaning. Payload is passed on as it
 * comes and never collected, whatever length the peer announces. No I/O, no
 * allocation.
 *
 * What the RFC forbids is an error, with the close code for it. We negotiate no
 * extension, so the reserved bits must be zero.
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
	WS_ERROR, /* close with `code`; nothing more is parsed */
};

struct ws_event {
	enum ws_event_kind kind;
	/* Data: a part of the caller's buffer. Ping, pong and close (without
	 * its code): their payload, in the parser until the next call. */
	const unsigned char *bytes;
	size_t len;
	unsigned code;	  /* close (0: it has none) and error */
	const char *text; /* error: what is wrong */
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
	unsigned opcode; /* of the current frame */
	bool is_final;
	uint64_t left; /* bytes of its payload that are still to come */
	unsigned char key[4];
	unsigned key_at;		       /* the key's next byte */
	unsigned char control[WS_CONTROL_MAX]; /* a control frame's payload */
	unsigned control_len;
	unsigned utf8; /* ws_utf8()'s state in a text message */
};

/* Begin to parse what a client sends (is_server) or what a server sends.
 * accepts_text: text is data, too, and not an error (1003). */
void ws_parser_init(struct ws_parser *, bool is_server, bool accepts_text);

/*
 * Parse up to len bytes at buf, and unmask them in place. Returns the number of
 * bytes taken, and one event in *event: call it again with the rest until the
 * event is WS_NOTHING.
 */
size_t ws_parse(
    struct ws_parser *, unsigned char *buf, size_t len, struct ws_event *event);

/*
 * Write the header of an unfragmented frame (FIN) with len bytes of payload.
 * key is the mask of a client's frame (5.3), NULL for a server's. Returns the
 * header's length.
 */
size_t ws_header(unsigned char buf[WS_HEADER_MAX], enum ws_opcode opcode,
    uint64_t len, const unsigned char key[4]);

/* Mask or unmask len bytes, the first of which is byte `at` of the payload. */
void ws_mask(
    unsigned char *buf, size_t len, const unsigned char key[4], uint64_t at);

/*
 * Write the payload of a close frame: the code, and as many whole characters of
 * the reason as fit. Returns the payload's length.
 */
size_t ws_close_payload(
    unsigned char buf[WS_CONTROL_MAX], unsigned code, const char *reason);

/*
 * Check the next len bytes of a text for UTF-8 (RFC 3629). *state must be 0 at
 * first. It is 0 whenever a character is complete, and must be 0 at the end of
 * the text. Returns false if the bytes can't be UTF-8.
 */
bool ws_utf8(unsigned *state, const unsigned char *bytes, size_t len);

#endif
