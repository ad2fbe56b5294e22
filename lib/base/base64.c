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
base64_decode(char *out, size_t size, const char *text)
{
	size_t len = strspn(text, digits), padding = strlen(text + len), i,
	       n = 0;
	unsigned long bits = 0;

	if ((len + padding) % 4 != 0 || padding > 2 ||
	    strspn(text + len, "=") != padding || len / 4 * 3 + 3 > size ||
	    size > INT_MAX)
		return -1;
	for (i = 0; i < len; i++) {
		bits = bits << 6 |
		       (unsigned long)(strchr(digits, text[i]) - digits);
		if (i % 4 != 0)
			out[n++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
	}
	out[n] = '\0';
	return strlen(out) == n ? (int)n : -1;
}
