/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * HTTP and HTTPS as a source, through libcurl: ranged GETs (RFC 9110 section
 * 14) on a pool of connections. A byte is passed on only when the answer is
 * a 206 for exactly the range that was asked, of exactly the size and with
 * the validator of the image that was opened.
 */
#ifndef VM_HTTP_H
#define VM_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "source.h"

/* How to reach the server. The strings are copied; all but url may be NULL. */
struct http_config {
	const char *url; /* may hold user:password@ and a query */
	const char *user, *password;
	const char *netrc; /* a file's path; read at every request */
	/* PEM, by its text and not by a path; size 0: none. */
	struct http_blob {
		char *pem;
		size_t len;
	} cacert, cert, key;
	const char *proxy, *noproxy; /* NULL: the usual environment variables */
	bool insecure;		     /* do not verify the server */
	unsigned connections;	     /* >= 1 */
};

/*
 * Open the image with a ranged GET of its first `room` bytes, which are kept
 * in first (*got of them: room, or the whole image), so that the probe costs
 * one round trip and warms the cache. Blocks; transient faults are met with
 * a few more tries.
 *
 * Returns the source, or NULL with *why.
 */
struct source *http_open(const struct http_config *, void *first, size_t room,
    size_t *got, struct fault *why);

#endif
