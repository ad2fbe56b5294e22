/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Why and how a WebSocket ends: the codes of a close frame (RFC 6455 section
 * 7.4), and the exit statuses of sysexits(3) that they stand for.
 */
#ifndef VM_WS_CLOSE_CODE_H
#define VM_WS_CLOSE_CODE_H

#include <stdbool.h>

#include "base/cause.h"

/* The codes of 7.4.1 that we send or distinguish. */
enum ws_code {
	WS_NORMAL = 1000,
	WS_GOING_AWAY = 1001,
	WS_PROTOCOL_ERROR = 1002,
	WS_UNACCEPTABLE = 1003,
	WS_NO_CODE = 1005,  /* never sent: the peer's close had no code */
	WS_NO_CLOSE = 1006, /* never sent: the peer sent no close */
	WS_BAD_DATA = 1007,
	WS_POLICY = 1008,
	WS_TOO_BIG = 1009,
	WS_INTERNAL = 1011,
	WS_TRY_AGAIN = 1013, /* of the IANA registry, not of RFC 6455 */
};

/*
 * Codes for private use (7.4.2): the slot is busy, and will stay so; and
 * WS_STATUS + N for a backend that ended with another status N of sysexits(3).
 */
#define WS_TAKEN  4409
#define WS_STATUS 4000

#define WS_REASON_MAX 124 /* bytes of a close's reason, and a NUL (5.5) */

/* What our close frame says. */
struct ws_reason {
	unsigned code;
	char text[WS_REASON_MAX]; /* UTF-8 */
};

/* How a WebSocket has ended. */
struct ws_end {
	bool clean;	/* both sides have sent a close (7.1.4) */
	bool by_peer;	/* the peer closed first, or was lost */
	unsigned code;	/* of the close that counts, or WS_NO_CLOSE */
	char text[256]; /* the reason; printable ASCII */
};

/* The exit status of sysexits(3) for such an end. */
int ws_end_status(const struct ws_end *);

/* The cause of such an end, if the code tells it, or -1. */
int ws_end_cause(const struct ws_end *);

/* The close code for a backend that ended with that exit status and cause. */
unsigned ws_status_code(int status, enum cause);

#endif
