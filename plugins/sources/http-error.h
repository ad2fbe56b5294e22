/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a failed HTTP request means: for the reader who waits (try again, or
 * not), for the exit status, and in words.
 */
#ifndef VM_SOURCES_HTTP_ERROR_H
#define VM_SOURCES_HTTP_ERROR_H

#include <stdbool.h>

#include "sources/http-response.h"
#include "sources/source.h"

/*
 * Is there something in an answer's header that forbids to use its bytes as
 * a range of an image (RFC 9110 section 15.3.7: only a 206 is)? Whether it
 * is the range that was asked, and the same image, is the caller's to check.
 * is_probe: the first request, where the server shows what it can do.
 *
 * Returns true, with *fault, where there is.
 */
bool http_fault_of_answer(
    const struct http_answer *, bool is_probe, struct fault *);

/*
 * The fault behind libcurl's own failure: code, a CURLcode other than
 * CURLE_OK, and its text (CURLOPT_ERRORBUFFER), which may be empty.
 */
void http_fault_of_curl(int code, const char *text, struct fault *);

#endif
