/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <limits.h>
#include <string.h>

#include "base/base64.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "0123456789+/";

int
base64_decode_bytes(void *out, size_t size, const char *text, size_t len)
{
	size_t padding = 0, i, n = 0;
	unsigned char *to = out;
	unsigned long bits = 0;
	const char *digit;

	while (padding < 2 && padding < len && text[len - padding - 1] == '=')
		padding++;
	if (len % 4 != 0 || len / 4 * 3 - padding > size || len > INT_MAX)
		return -1;
	for (i = 0; i < len - padding; i++) {
		digit = memchr(digits, text[i], sizeof(digits) - 1);
		if (digit == NULL)
			return -1;
		bits = bits << 6 | (unsigned long)(digit - digits);
		if (i % 4 != 0)
			to[n++] = bits >> (6 - 2 * (i % 4)) & 0xff;
	}
	return (int)n;
}

int
base64_decode(char *out, size_t size, const char *text)
{
	int n;

	if (size == 0)
		return -1;
	n = base64_decode_bytes(out, size - 1, text, strlen(text));
	if (n == -1)
		return -1;
	out[n] = '\0';
	return strlen(out) == (size_t)n ? n : -1;
}
