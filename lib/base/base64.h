/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Base64 (RFC 4648 section 4).
 */
#ifndef VM_BASE_BASE64_H
#define VM_BASE_BASE64_H

#include <stddef.h>

/*
 * Decode len characters into at most `size` bytes, which may be any. Returns their
 * number; or -1 where it is no base64, or has no room.
 */
int base64_decode_bytes(void *out, size_t size, const char *text, size_t len);

/*
 * Decode a text into `out`, with a NUL at the end. Returns the number of bytes
 * without that NUL; or -1 where it is no base64, has a NUL in it, or has no room.
 */
int base64_decode(char *out, size_t size, const char *text);

#endif
