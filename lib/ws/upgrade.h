/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The headers that turn HTTP/1.1 into a WebSocket, and that a client's request
 * and a server's answer have in common (RFC 6455 section 4).
 */
#ifndef VM_WS_UPGRADE_H
#define VM_WS_UPGRADE_H

#include "http/headers.h"

#define WS_PROTOCOLS_MAX 8 /* Sec-WebSocket-Protocol headers of one block */

struct ws_upgrade {
	const struct http_header *known; /* other headers to look for */
	const char **forwarded; /* the last X-Forwarded-For; NULL: ignore it */
	const char **protocols; /* WS_PROTOCOLS_MAX lists with commas */
	unsigned protocol_count;
	bool has_websocket; /* Upgrade lists "websocket" */
	bool has_upgrade;   /* Connection lists "upgrade" */
};

/*
 * Take the headers in the lines from `at` to the empty line at `end`. Returns
 * NULL; or a constant text that says what is wrong.
 */
const char *ws_upgrade_take(struct ws_upgrade *, char *at, const char *end);

#endif
