/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "base/shown.h"
#include "base/utf8.h"

#define ESCAPED 4 /* bytes of \xHH */

const char *
shown(char *out, size_t size, const char *name)
{
	char *to = out, *end = out + size - 1;
	uint32_t c;
	size_t len;

	while (*name != '\0') {
		len = utf8_decode(name, strnlen(name, UTF8_MAX), &c);
		if (len > 0 && !utf8_is_deceptive(c)) {
			if (len > (size_t)(end - to))
				break;
			memcpy(to, name, len);
			to += len;
			name += len;
			continue;
		}
		/* Escape all bytes of a character that misleads. */
		for (len += len == 0; len > 0; len--, name++, to += ESCAPED) {
			if (end - to < ESCAPED)
				goto out;
			snprintf(
			    to, ESCAPED + 1, "\\x%02x", (unsigned char)*name);
		}
	}
out:
	*to = '\0';
	return out;
}
