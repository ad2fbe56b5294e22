/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The lines of HTTP (RFC 9112) that open a WebSocket, for ws-handshake.c: strict
 * where two readers could read two things. All of it is cut up in place.
 */
#ifndef VM_HTTP_HEADERS_H
#define VM_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* What may be there once is NULL until then; what is missing has no place. */
struct ws_header {
	const char *name;
	const char **value;
};

/* The lines behind the first one. */
struct ws_headers {
	const struct ws_header *known;
	/* X-Forwarded-For: the last; NULL: nobody asks */
	const char **forwarded;
	const char **protocols; /* WS_PROTOCOLS_MAX of them */
	unsigned protocol_count;
	/* Of lists that may come in several headers: */
	bool upgrades;	 /* Upgrade has "websocket" */
	bool is_upgrade; /* Connection has "upgrade" */
};

/* May it be a header's name, or a subprotocol (RFC 9110 section 5.6.2)? */
bool ws_is_token(const char *word, size_t len);

/*
 * The next element of a list with commas, its length in *len; NULL at the end.
 * *at goes on behind it.
 */
const char *ws_list_next(const char **at, size_t *len);

/* Cut off the next line of a block. NULL at its end, or where it is wrong. */
char *ws_line_next(char **at, const char *end);

/* All of them, up to the empty line. NULL, or what is wrong. */
const char *ws_headers_take(struct ws_headers *, char *at, const char *end);

#endif
