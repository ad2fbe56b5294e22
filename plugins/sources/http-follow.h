/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Answers that ask for another request: at another URL (RFC 9110 section 15.4),
 * or with another way to log in (section 11). libcurl could follow redirects
 * itself, but would send the user's own header fields to any server that they
 * lead to.
 */
#ifndef VM_SOURCES_HTTP_FOLLOW_H
#define VM_SOURCES_HTTP_FOLLOW_H

#include <stdbool.h>

#include "sources/http-state.h"

#define HTTP_REDIRECTS_MAX 10

/*
 * n bytes of an answer's body came. Returns true if http_follow() will handle
 * the answer, so that the bytes are dropped; it drops at most 64 KiB.
 */
bool http_drops_body(struct connection *, size_t n);

/*
 * libcurl has ended the request of c, with this result. Must it be sent again,
 * to another URL or with another login? Returns true if so, and the handle is
 * ready for curl_multi_add_handle(). Otherwise c may have a fault: a redirect
 * that must not be followed.
 */
bool http_follow(struct connection *, CURLcode);

#endif
