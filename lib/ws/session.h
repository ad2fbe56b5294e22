/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a worker does once the WebSocket is open, in either role.
 */
#ifndef VM_WS_SESSION_H
#define VM_WS_SESSION_H

#include <stddef.h>

#include "tls/connection.h"
#include "ws/options.h"

/* An open WebSocket. */
struct ws_session {
	struct wire *wire;
	const unsigned char *early; /* bytes that came after the handshake */
	size_t early_len;
	const char *peer;     /* its name in messages */
	const char *protocol; /* agreed on; NULL: none */
};

/*
 * Bridge the WebSocket to the backend's descriptors (read, write) until it
 * ends, and tell the monitor how it ended. Returns an exit status; if it is not
 * 0, or with -v, the reason is on standard error.
 */
int ws_session_run(const struct ws_options *, int monitor,
    const struct ws_session *, const int backend[2]);

#endif
