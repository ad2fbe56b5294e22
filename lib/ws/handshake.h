/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The opening handshake of WebSocket (RFC 6455 section 4), as text: a block of
 * HTTP/1.1 from its first line to the empty one. No I/O, no allocation; what a
 * block is parsed into points into it, and it is written to.
 *
 * A block is refused where two parsers might read it as two things: a bare
 * line feed, a folded line, a space before a colon, a header twice that may be
 * there once.
 */
#ifndef VM_WS_HANDSHAKE_H
#define VM_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#define WS_BLOCK_MAX	 8192 /* bytes of a block that is worth reading */
#define WS_KEY_SIZE	 25   /* base64 of 16 bytes, and a NUL */
#define WS_ACCEPT_SIZE	 29   /* base64 of a SHA-1, and a NUL */
#define WS_PROTOCOLS_MAX 8    /* headers of them */

/*
 * How long the block at the beginning of buf is, its empty line included; 0
 * where its end has not come. What follows it is frames already.
 */
size_t ws_block_length(const char *buf, size_t len);

/* What a client asks. NULL: it did not say. */
struct ws_request {
	const char *path;	 /* with its query */
	const char *target_host; /* of a target that is a whole URL */
	const char *host, *origin, *key;
	const char *cookie, *authorization, *token; /* token: X-Auth-Token */
	const char *forwarded;			 /* X-Forwarded-For, the last */
	const char *protocols[WS_PROTOCOLS_MAX]; /* lists with commas */
	unsigned protocol_count;
};

/*
 * Parse a client's block of len bytes, which it writes to. Returns 0; or the
 * status of HTTP that it deserves (400, 405, 426), and why in *why.
 */
int ws_request_parse(
    char *block, size_t len, struct ws_request *, const char **why);

/* Did it offer that subprotocol? */
bool ws_request_offers(const struct ws_request *, const char *protocol);

/*
 * The subprotocol that it offered at that index, in buf, or "" where it has size
 * bytes or more. False where there are no more.
 */
bool ws_request_protocol(
    const struct ws_request *, unsigned index, char *buf, size_t size);

/*
 * The one that begins with prefix among those that it offered, behind prefix,
 * in buf; NULL where there is none, or several, and then "" if any.
 */
const char *ws_request_ticket(
    const struct ws_request *, const char *prefix, char *buf, size_t size);

/* What a server answers to a key (4.2.2, 5.4). */
void ws_accept(const char *key, char accept[WS_ACCEPT_SIZE]);

/* A key of 16 random bytes. */
void ws_key(const unsigned char random[16], char key[WS_KEY_SIZE]);

/*
 * The server's answer to such a request, 101, with that subprotocol (NULL:
 * none). Returns its length, 0 where size does not suffice.
 */
size_t ws_answer(
    char *buf, size_t size, const struct ws_request *, const char *protocol);

/* The answer of a server that refuses: that status, and why on a line. */
size_t ws_refusal(char *buf, size_t size, int status, const char *why);

/* What a server answers. */
struct ws_answer {
	int status;    /* of HTTP; 0: it speaks something else */
	bool has_text; /* it refuses, and plain text behind it may say why */
};

/*
 * Check the server's block of len bytes, which it writes to, for the answer to
 * that key and a list of subprotocols with commas (NULL: none was offered).
 * Returns NULL, or what is wrong.
 */
const char *ws_answer_check(char *block, size_t len, const char *key,
    const char *protocols, struct ws_answer *);

#endif
