/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The opening handshake of a WebSocket (RFC 6455 section 4) as text: blocks of
 * HTTP/1.1, which http/headers.h splits. No I/O, no allocation: a block is
 * parsed in place, and the results point into it.
 */
#ifndef VM_WS_HANDSHAKE_H
#define VM_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "ws/accept-key.h"
#include "ws/upgrade.h"

#define WS_BLOCK_MAX 8192 /* bytes of the longest block that is read */

/* A client's request. A header that it did not send is NULL. */
struct ws_request {
	const char *path;	 /* with its query */
	const char *target_host; /* the host of a target that is a whole URL */
	const char *host, *origin, *key;
	const char *cookie, *authorization, *token; /* token: X-Auth-Token */
	const char *forwarded;			 /* the last X-Forwarded-For */
	const char *protocols[WS_PROTOCOLS_MAX]; /* lists with commas */
	unsigned protocol_count;
};

/*
 * Parse a client's block of len bytes, in place. Returns 0; or the HTTP status
 * to refuse it with (400, 405, 426), and a constant text in *why.
 */
int ws_request_parse(
    char *block, size_t len, struct ws_request *, const char **why);

/*
 * Copy the subprotocol that the client offered at that index to buf; "" if it
 * has size bytes or more. Returns false if there are no more.
 */
bool ws_request_protocol(
    const struct ws_request *, unsigned index, char *buf, size_t size);

/*
 * Find the one offered subprotocol that begins with prefix, copy the rest of it
 * to buf, and return buf. Returns NULL, and buf as it was, if none begins with
 * prefix; or NULL, and "" in buf, if several do or the rest is too long.
 */
const char *ws_request_ticket(
    const struct ws_request *, const char *prefix, char *buf, size_t size);

/*
 * Write a server's answer that accepts the request (101), with that subprotocol
 * (NULL: without one). Returns its length; 0 if size is too small.
 */
size_t ws_answer(
    char *buf, size_t size, const struct ws_request *, const char *protocol);

/* Write a server's refusal with that HTTP status, and why as its text. Returns
 * as ws_answer(). */
size_t ws_refusal(char *buf, size_t size, int status, const char *why);

/* A server's answer. */
struct ws_answer {
	int status;    /* of HTTP; 0: the server does not speak HTTP/1.1 */
	bool has_text; /* plain text follows a refusal, and may say why */
};

/*
 * Check a server's block of len bytes, in place: does it answer that key and
 * that list of subprotocols with commas (NULL: none was offered)? Returns NULL;
 * or a constant text that says what is wrong.
 */
const char *ws_answer_check(char *block, size_t len, const char *key,
    const char *protocols, struct ws_answer *);

#endif
