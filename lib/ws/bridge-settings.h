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
	/* The backend's descriptors: what it says, what it is told. */
	int in, out;
	bool is_separate; /* `out` can be closed while `in` stays open: pipes */
	bool is_server;	  /* the peer is the client */
	bool accepts_text; /* see ws/frame.h */

	/* Bytes that came behind the handshake: frames already. */
	const unsigned char *early;
	size_t early_len; /* at most WS_EARLY_MAX */

	/* Called once `in` has ended, with a guess at the reason to be made
	 * more exact; NULL: the guess stands. Before that the peer has end_wait
	 * milliseconds to close first, and give the reason itself. Lines that
	 * the peer is to hear before are added to the texts. */
	void (*explain_end)(struct ws_reason *, struct ws_texts *);
	int end_wait;

	/* A descriptor that becomes readable when the owner has something to
	 * say (-1: none), and what then reads it. True: the bridge is to close,
	 * for that reason; false: go on, the texts may have more lines. */
	int stop_fd;
	bool (*stop_reason)(int stop_fd, struct ws_reason *, struct ws_texts *);

	/* Called once, when nothing more will be written to `out`: the owner
	 * may shut it down. The end's code, text and by_peer are known. NULL:
	 * nothing is called. */
	void (*input_done)(const struct ws_bridge *, const struct ws_end *);

	/* Times in milliseconds; 0 is the default. */
	int ping_after;	 /* of the peer's silence, ping it: 25 s */
	int close_limit; /* for the peer to close, too: 5 s */
	/* Send an empty message at once, and after this much silence of ours: a
	 * page can't see pings. The default is not to. */
	int beat_after;
};

#endif
