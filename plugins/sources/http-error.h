/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a failed HTTP request means: whether to try again for a waiting reader,
 * the exit status, and a text.
 */
#ifndef VM_SOURCES_HTTP_ERROR_H
#define VM_SOURCES_HTTP_ERROR_H

#include <stdbool.h>

#include "sources/http-response.h"
#include "sources/source.h"

/*
 * Does an answer's header forbid the use of its bytes as a range of an image
 * (RFC 9110 section 15.3.7: only a 206 has a range)? The caller checks that the
 * range is the requested one, and the image the same. is_probe: the answer is
 * to the first request, which shows what the server can do.
 *
 * Returns true, with *fault, if the header forbids it.
 */
bool http_fault_of_answer(
    const struct http_answer *, bool is_probe, struct fault *);

/* The same for an answer to a request for the whole image. */
bool http_fault_of_whole(const struct http_answer *, struct fault *);

/* Does the status say that this server does not give the image, so that another
 * server may have it? */
bool http_is_about_place(int status);

/* Does the status say that the server is busy for now? */
bool http_is_busy(int status);

/*
 * Fill in the fault for a failure of libcurl: code, a CURLcode other than
 * CURLE_OK, and its text (CURLOPT_ERRORBUFFER), which may be empty.
 */
void http_fault_of_curl(int code, const char *text, struct fault *);

#endif
