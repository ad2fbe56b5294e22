/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "image/internal.h"

void
image_label_add(char label[static IMAGE_LABEL_SIZE], uint32_t c)
{
	size_t used = strlen(label);
	char *out = label + used;

	if (used + 5 > IMAGE_LABEL_SIZE || (used == 0 && c == ' '))
		return;
	if (utf8_is_deceptive(c))
		c = '?';
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	*out = '\0';
}

void
image_label_end(char label[static IMAGE_LABEL_SIZE])
{
	size_t used = strlen(label);

	while (used > 0 && label[used - 1] == ' ')
		label[--used] = '\0';
}

void
image_label_utf8(
    char label[static IMAGE_LABEL_SIZE], const uint8_t *text, size_t len)
{
	size_t i = 0, n;
	uint32_t c = 0;

	*label = '\0';
	while (i < len && text[i] != '\0') {
		n = utf8_decode(text + i, len - i, &c);
		image_label_add(label, n == 0 ? '?' : c);
		i += n == 0 ? 1 : n;
	}
	image_label_end(label);
}

static uint32_t
unit(const uint8_t *p, bool big)
{
	return big ? (uint32_t)(p[0] << 8 | p[1]) : le16(p);
}

void
image_label_utf16(char label[static IMAGE_LABEL_SIZE], const uint8_t *text,
    size_t len, bool big)
{
	uint32_t c, low;
	size_t i;

	*label = '\0';
	for (i = 0; i + 2 <= len; i += 2) {
		c = unit(text + i, big);
		if (c == 0)
			break;
		low = i + 4 <= len ? unit(text + i + 2, big) : 0;
		if ((c & 0xfc00) == 0xd800 && (low & 0xfc00) == 0xdc00) {
			c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
			i += 2;
		}
		image_label_add(label, c);
	}
	image_label_end(label);
}
