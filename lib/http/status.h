/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The answer to a request by CGI or SCGI.
 */
#ifndef VM_HTTP_STATUS_H
#define VM_HTTP_STATUS_H

#include <stddef.h>

/* The words of a status (RFC 9110 section 15), for people; "Other" if unknown. */
const char *http_reason(int status);

/* Write all of an answer, or of a part of it. Returns 0; or -1 where the web server
 * has gone, which wants none then. */
int http_write(int fd, const char *text, size_t len);

#endif
