/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Base64 (RFC 4648 section 4).
 */
#ifndef VM_BASE_BASE64_H
#define VM_BASE_BASE64_H

#include <stddef.h>

/*
 * Decode len characters of Base64 into at most `size` bytes, which may have any
 * value. Returns the number of bytes, or -1 if the text is not valid Base64 or
 * the bytes do not fit.
 */
int base64_decode_bytes(void *out, size_t size, const char *text, size_t len);

/*
 * Decode a text into out, which has `size` bytes, and add a NUL. Returns the
 * number of bytes without that NUL; or -1 if the text is not valid Base64,
 * decodes to a NUL, or does not fit.
 */
int base64_decode(char *out, size_t size, const char *text);

#endif
