/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The credentials of HTTP's Basic authentication (RFC 7617).
 */
#ifndef VM_HTTP_BASIC_H
#define VM_HTTP_BASIC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decode the value of an Authorization header, such as "Basic
 * dXNlcjpwYXNzd29yZA==", into buf. *user and *password then point into buf,
 * which the caller must erase, also after a failure. Returns false if the
 * header has another scheme, is not base64, has no colon, or does not fit into
 * buf.
 */
bool basic_take(const char *header, char *buf, size_t size, const char **user,
    const char **password);

#endif
