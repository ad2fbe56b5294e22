/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * JSON strings (RFC 8259 section 7), for programs that print an object with
 * printf(3).
 */
#ifndef VM_BASE_JSON_H
#define VM_BASE_JSON_H

#include <stddef.h>

/* The most bytes that json_quote() writes for len bytes, including the NUL. */
#define JSON_QUOTED_SIZE(len) ((len)*6 + 3)

/*
 * Write text as a JSON string, quotation marks included, into buf, whose size
 * must be at least JSON_QUOTED_SIZE(strlen(text)). Control characters are
 * escaped, and each byte that is not part of valid UTF-8 becomes U+FFFD, so
 * that any text from outside makes a valid string. Returns buf.
 */
char *json_quote(char *buf, const char *text);

#endif
