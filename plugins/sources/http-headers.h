/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Header fields of the user's own, such as a token: they are secrets, and for
 * the given server only.
 */
#ifndef VM_SOURCES_HTTP_HEADERS_H
#define VM_SOURCES_HTTP_HEADERS_H

#include <curl/curl.h>

#include "sources/source.h"

/*
 * Take a text with a line "NAME: VALUE" for each field (RFC 9110 section 5);
 * empty lines and the \r of a line's end do not count. Refused are the fields
 * that decide what an answer is. Sets *out, which is for http_headers_free();
 * NULL where there is no field. Returns 0, or -1 with *why, which does not
 * repeat the text.
 */
int http_headers_parse(
    const char *text, struct curl_slist **out, struct fault *why);

/* Overwrite and free them; NULL is fine. */
void http_headers_free(struct curl_slist *);

#endif
