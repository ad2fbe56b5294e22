/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"

/*
 * The length of the UTF-8 sequence at s (RFC 3629 section 4: no overlong
 * form, no surrogate, nothing above U+10FFFF), or 0 where it is not valid.
 */
static size_t
utf8_length(const unsigned char *s)
{
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

char *
json_quote(char *buf, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	char *out = buf;
	size_t len;

	*out++ = '"';
	for (; *s != '\0'; s += len) {
		len = utf8_length(s);
		if (len == 0) {
			len = 1;
			out += sprintf(out, "\\ufffd");
		} else if (*s < 0x20 || *s == 0x7f) {
			out += sprintf(out, "\\u%04x", *s);
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
