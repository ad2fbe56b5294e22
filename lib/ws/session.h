/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a talker does once the WebSocket is open, in either role.
 */
#ifndef VM_WS_SESSION_H
#define VM_WS_SESSION_H

#include "ws/proxy.h"

/* An open WebSocket. */
struct ws_open {
	struct wire *wire;
	const unsigned char *early; /* bytes that came behind the handshake */
	size_t early_len;
	const char *peer;     /* who it is, in messages */
	const char *protocol; /* that was agreed on; NULL: none */
};

/*
 * Bridge it to the far side's descriptors (read, write) until it ends, and tell
 * the keeper how. Returns an exit status, and says it of a peer who is at fault.
 */
int ws_talk(const struct ws_options *, int keeper, const struct ws_open *,
    const int far[2]);

#endif
