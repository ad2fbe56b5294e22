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

#include "tls/connection.h"
#include "ws/frame.h"

#define WS_EARLY_MAX  8192 /* bytes that may have come with the handshake */
#define WS_REASON_MAX 124  /* bytes of a close's reason, and a NUL */

/* Why it shall end: a close code, and the reason that is told. */
struct ws_reason {
	unsigned code;
	char text[WS_REASON_MAX];
};

/* The code of a close that had none (7.1.5). */
#define WS_NO_CODE 1005

struct ws_end {
	bool clean;	/* both have closed by the book */
	bool by_peer;	/* the peer began it, or was lost */
	unsigned code;	/* WS_..., or 1006: no close came (7.1.5) */
	char text[256]; /* the reason, printable */
};

struct ws_bridge {
	struct wire *wire; /* to the peer */
	int in, out;	/* what is sent is read here, what comes goes there */
	bool is_apart;	/* ... and each has an end of its own, as pipes have */
	bool is_server; /* the peer is the client */
	bool accepts_text; /* see ws/frame.h */
	/* Bytes that came behind the handshake: frames already. */
	const unsigned char *early;
	size_t early_len; /* at most WS_EARLY_MAX */
	/* Called once `in` has ended, with what that amounts to, to be made
	 * more exact; NULL: nobody knows better. Before that the peer has
	 * far_wait milliseconds to say why, if it was its doing. */
	void (*far_ended)(struct ws_reason *);
	int far_wait;
	/* Readable when somebody wants it to end, of whom asked() hears how;
	 * -1: nobody does. */
	int ask;
	void (*asked)(int ask, struct ws_reason *);
	/* Called once no more will be written to `out`, which then is the
	 * caller's to shut; the end's code and text are known, and whether the
	 * peer began it. NULL: nobody cares. */
	void (*over)(const struct ws_bridge *, const struct ws_end *);
	/* Milliseconds; 0: the usual. */
	int ping_after;	 /* of silence, a ping is sent: 25 s */
	int close_limit; /* for the peer to close, too: 5 s */
	/* Milliseconds of our own silence after which an empty message says
	 * that we live, to a page that can't see pings, and one to begin with;
	 * 0: never. */
	int beat_after;
};

/*
 * Pump until it ends. Both descriptors become non-blocking, and stay the
 * caller's to shut and close. *end says how it came.
 */
void ws_bridge(const struct ws_bridge *, struct ws_end *end);

/*
 * Close codes for private use (RFC 6455 section 7.4.2): a slot is taken by
 * another; and what ended with any other status of sysexits(3) adds it to
 * WS_STATUS.
 */
#define WS_TAKEN  4409
#define WS_STATUS 4000

/* The close code for a far side that ended with an exit status, and back. */
unsigned ws_status_code(int status);
int ws_end_status(const struct ws_end *);

#endif
