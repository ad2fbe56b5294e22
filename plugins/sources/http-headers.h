/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The user's own header fields, such as a token. They are secrets, and only the
 * given server gets them.
 */
#ifndef VM_SOURCES_HTTP_HEADERS_H
#define VM_SOURCES_HTTP_HEADERS_H

#include <curl/curl.h>

#include "sources/source.h"

/*
 * Parse a text with a line "NAME: VALUE" for each field (RFC 9110 section 5);
 * empty lines, and a \r at the end of a line, are ignored. Fields that decide
 * what an answer is are refused. Sets *out, for http_headers_free(); NULL if
 * there is no field. Returns 0, or -1 with *why, which does not repeat the
 * text.
 */
int http_headers_parse(
    const char *text, struct curl_slist **out, struct fault *why);

/* Overwrite and free the fields; NULL is fine. */
void http_headers_free(struct curl_slist *);

#endif
