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
 * Decode the value of an Authorization header, "Basic dXNlcjpwYXNzd29yZA==", into
 * buf. *user and *password are strings in buf then, which the caller erases also
 * after a failure. Returns false where the header has another scheme, is no
 * base64, or has no colon or more than buf has room for.
 */
bool basic_take(const char *header, char *buf, size_t size, const char **user,
    const char **password);

#endif
