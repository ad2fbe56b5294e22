/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * HTTP and HTTPS as a source, through libcurl: ranged GETs (RFC 9110 section
 * 14) on a pool of connections. A byte is passed on only when the answer is
 * a 206 for the range that was asked for, or its beginning, of exactly the size
 * and with a validator of the image that was opened.
 *
 * http-open.c opens it, http.c does the transfers: one libcurl multi handle,
 * and a pool of easy handles that are configured once; a transfer borrows one.
 * http-url.c knows where to ask, http-follow.c follows redirects,
 * http-headers.c has the user's own header fields, http-response.c what an
 * answer's header says, http-identity.c whether it is about the same image,
 * http-error.c what a failure means, http-queue.c whether the server serves one
 * connection at a time, http-guard.c where requests may go, http-renew.c how a
 * link or credentials are replaced. http-download.c downloads an image whole where
 * a server has no ranges; http-whole.c judges the answer. All of them share
 * http-state.h.
 */
#ifndef VM_SOURCES_HTTP_H
#define VM_SOURCES_HTTP_H

#include "sources/http-state.h"

extern const struct source_ops http_ops;

/*
 * Make the easy handle of a connection that is all zero; it has no settings
 * yet but where its answers go. Returns 0 or -1.
 */
int http_connection_init(struct connection *, struct http *);

#endif
