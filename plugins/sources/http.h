/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * HTTP and HTTPS as a source, through libcurl: ranged GETs (RFC 9110 section
 * 14) on a pool of connections. Bytes are passed on only if the answer is a 206
 * for the requested range, or for its beginning, with the size and a validator
 * of the image that was opened.
 *
 * http-open.c opens the image, http.c does the transfers: it has one libcurl
 * multi handle, and a pool of easy handles that are configured once; a transfer
 * borrows one. http-url.c says where to send requests, http-follow.c follows
 * redirects, http-headers.c parses the user's own header fields,
 * http-response.c an answer's header; http-identity.c says whether the answer
 * is about the same image, http-error.c what a failure means, http-queue.c
 * whether the server serves one connection at a time, http-guard.c where
 * requests may go; http-renew.c replaces a link or credentials. http-download.c
 * downloads an image whole if a server has no ranges; http-whole.c checks the
 * answer. Those that need the source's state share http-state.h.
 */
#ifndef VM_SOURCES_HTTP_H
#define VM_SOURCES_HTTP_H

#include "sources/http-state.h"

extern const struct source_ops http_ops;

/*
 * Make the easy handle of a connection that is all zeros. The only settings
 * that it has yet are for its answers and cookies. Returns 0 or -1.
 */
int http_connection_init(struct connection *, struct http *);

#endif
