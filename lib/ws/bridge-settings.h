/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a bridge connects, and how it behaves: see ws/bridge.h.
 */
#ifndef VM_WS_BRIDGE_SETTINGS_H
#define VM_WS_BRIDGE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "tls/connection.h"
#include "ws/close-code.h"
#include "ws/texts.h"

#define WS_EARLY_MAX 8192 /* bytes that may come with the handshake */

struct ws_bridge {
	struct wire *wire; /* to the peer */
	/* The backend's descriptors: we read `in` and write `out`. */
	int in, out;
	bool is_separate; /* `out` can be closed while `in` stays open: pipes */
	bool is_server;	  /* the peer is the client */
	bool accepts_text; /* see ws/frame.h */

	/* Bytes that came after the handshake, which belong to frames. */
	const unsigned char *early;
	size_t early_len; /* at most WS_EARLY_MAX */

	/* Called when `in` has ended, with a guess at the reason, to make it
	 * more exact; NULL: the guess stands. Before the call, the peer has
	 * end_wait milliseconds to close first, with its own reason. Lines to
	 * send to the peer before our close are added to the texts. */
	void (*explain_end)(struct ws_reason *, struct ws_texts *);
	int end_wait;

	/* A descriptor that becomes readable when the owner has a message
	 * (-1: none), and the function that reads it. It returns true to close
	 * the bridge for that reason; or false to go on, maybe with more lines
	 * in the texts. */
	int stop_fd;
	bool (*stop_reason)(int stop_fd, struct ws_reason *, struct ws_texts *);

	/* Called once, when nothing more will be written to `out`: the owner
	 * may shut it down. The end's code, text and by_peer are set. NULL:
	 * nothing is called. */
	void (*input_done)(const struct ws_bridge *, const struct ws_end *);

	/* Times in milliseconds; 0 is the default. */
	int ping_after;	 /* silence of the peer before a ping: 25 s */
	int close_limit; /* to wait for the peer's close: 5 s */
	/* Send an empty message at once, and whenever we were silent this
	 * long, because a page can't see pings. By default we send none. */
	int beat_after;
};

#endif
