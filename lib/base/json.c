/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

char *
json_quote(char *buf, const char *text)
{
	const char *s = text;
	char *out = buf;
	uint32_t c;
	size_t len;

	*out++ = '"';
	for (; *s != '\0'; s += len) {
		len = utf8_decode(s, UTF8_MAX, &c);
		if (len == 0) {
			len = 1;
			out += sprintf(out, "\\ufffd");
		} else if (c < 0x20 || c == 0x7f) {
			out += sprintf(out, "\\u%04x", (unsigned)c);
		} else {
			if (*s == '"' || *s == '\\')
				*out++ = '\\';
			memcpy(out, s, len);
			out += len;
		}
	}
	*out++ = '"';
	*out = '\0';
	return buf;
}
