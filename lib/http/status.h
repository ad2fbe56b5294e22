/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The answer to a request by CGI or SCGI.
 */
#ifndef VM_HTTP_STATUS_H
#define VM_HTTP_STATUS_H

#include <stddef.h>

/* Returns the words of a status (RFC 9110 section 15), for people; "Other" if
 * unknown. */
const char *http_reason(int status);

/* Write an answer, or a part of it. Returns 0; or -1 if the web server has
 * gone, which needs no answer then. */
int http_write(int fd, const char *text, size_t len);

#endif
