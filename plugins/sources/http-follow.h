/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an answer may ask for before it gives the image: another place (RFC
 * 9110 section 15.4), or another way to log in (section 11). libcurl would
 * follow redirects by itself, but then sends the user's own header fields to
 * whatever server they lead to.
 */
#ifndef VM_SOURCES_HTTP_FOLLOW_H
#define VM_SOURCES_HTTP_FOLLOW_H

#include <stdbool.h>

#include "sources/http-state.h"

#define HTTP_REDIRECTS_MAX 10

/*
 * n bytes of an answer's body came. Are they those of an answer that
 * http_follow() will look at? Then they are dropped, up to some kilobytes.
 */
bool http_drops_body(struct connection *, size_t n);

/*
 * libcurl is done with the request of c, with this result. Should it be sent
 * again, elsewhere or with another login? Returns true if so, and the handle is
 * set accordingly, for curl_multi_add_handle(). Otherwise there may be a fault
 * in c: a redirect that must not be followed.
 */
bool http_follow(struct connection *, CURLcode);

#endif
