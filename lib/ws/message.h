/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What worker and monitor say to each other: messages of one fixed size over a
 * SOCK_SEQPACKET pair. Open descriptors go one way only, from the monitor to
 * the worker.
 *
 *     worker                                                     monitor
 *       ----  WS_SIGN: sign this, for TLS's handshake  ------------->
 *       <---  WS_SIGNATURE  -----------------------------------------
 *       ----  WS_OPEN_REQUEST: may this client in? ----------------->
 *       <---  WS_OPEN_REPLY, with the backend's two descriptors  ----
 *       ----  WS_BACKEND_ENDED: how did it end? -------------------->
 *       <---  WS_REASON: close with this  ---------------------------
 *       <---  WS_REASON, unasked: the monitor was told to stop  -----
 *       <---  WS_STATE, unasked: tell the client this line  ---------
 *       ----  WS_ENDED: how the WebSocket has ended ---------------->
 *       <---  WS_REASON: go on  -------------------------------------
 */
#ifndef VM_WS_MESSAGE_H
#define VM_WS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "tls/sign.h"
#include "ws/close-code.h"
#include "ws/handshake.h"
#include "ws/options.h"

#define WS_TICKET_MAX 129 /* bytes of a ticket, and a NUL */
#define WS_STATE_MAX  256 /* bytes of a line about the slot, and a NUL */

/*
 * A client's request, after the checks that need no privileges. It has text of
 * a stranger; what the client did not send is "". If we are the client, all is
 * empty.
 */
struct ws_open_request {
	char path[WS_NAME_MAX], query[WS_QUERY_MAX];
	char origin[WS_NAME_MAX], peer[WS_NAME_MAX];
	char protocol[WS_NAME_MAX]; /* the one that we will agree to */
	char ticket[WS_TICKET_MAX], resume[WS_TICKET_MAX];
	/* The request as it came, for the site's command. */
	size_t block_len;
	char block[WS_BLOCK_MAX];
};

struct ws_open_reply {
	int status;	  /* 0: two descriptors come with it; else HTTP's */
	bool was_checked; /* by a ticket or the site's command */
	bool is_busy;	  /* 503, but the client may try again soon */
	bool is_quiet;	  /* do not log: enough was logged about it */
	char why[WS_REASON_MAX];
};

/* Length 0: the monitor refuses to sign. */
struct ws_signature {
	size_t len;
	unsigned char bytes[TLS_SIGNATURE_MAX];
};

struct ws_message {
	enum ws_message_kind {
		WS_SIGN,
		WS_SIGNATURE,
		WS_OPEN_REQUEST,
		WS_OPEN_REPLY,
		WS_BACKEND_ENDED, /* with a guess at the reason */
		WS_REASON,
		WS_STATE,
		WS_ENDED
	} kind;
	union {
		struct tls_to_sign to_sign;
		struct ws_signature signature;
		struct ws_open_request request;
		struct ws_open_reply reply;
		struct ws_reason reason;
		char state[WS_STATE_MAX]; /* printable ASCII */
		struct ws_end end;
	} u;
};

/*
 * Send and receive one whole message, with two descriptors (-1 if none came).
 * If fds is NULL, none are sent, and received ones are closed. Received
 * descriptors are close-on-exec. Return 0; or -1 with errno: EPIPE if the other
 * side is gone, EPROTO if the message has another size.
 */
int ws_message_send(int fd, const struct ws_message *, const int fds[2]);
int ws_message_receive(int fd, struct ws_message *, int fds[2]);

#endif
