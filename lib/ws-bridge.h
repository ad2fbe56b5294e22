/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A bridge between a WebSocket and a stream of bytes, once the handshake is
 * done: one loop, bounded buffers, nothing that blocks, and each direction
 * waits for its own reader only. Closing and keep-alive are by RFC 6455
 * sections 5.5 and 7.
 */
#ifndef VM_WS_BRIDGE_H
#define VM_WS_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "ws-frame.h"

struct ws_bridge {
	int net;	/* the peer's socket */
	int in, out;	/* what is sent is read here, what comes goes there */
	bool is_server; /* the peer is the client */
	bool accepts_text; /* see ws-frame.h */
	/* Bytes that came behind the handshake: frames already. */
	const unsigned char *early;
	size_t early_len; /* at most WS_BLOCK_MAX */
	/* The close code when `in` has ended; NULL: WS_NORMAL. */
	unsigned (*end_code)(void);
	/* Milliseconds; 0: the usual. */
	int ping_after;	 /* of silence, a ping is sent: 25 s */
	int close_limit; /* for the peer to close, too: 5 s */
};

struct ws_end {
	bool clean;	/* both have closed by the book */
	bool by_peer;	/* the peer began it, or was lost */
	unsigned code;	/* WS_..., or 1006: no close came (7.1.5) */
	char text[256]; /* the reason, printable */
};

/*
 * Pump until it ends. All three descriptors become non-blocking; `out` (where
 * it is a socket, its writing half) is shut when the peer has closed. They stay
 * the caller's to close. *end says how it came.
 */
void ws_bridge(const struct ws_bridge *, struct ws_end *end);

/* What such an end deserves, of sysexits(3). */
int ws_end_status(const struct ws_end *);

#endif
