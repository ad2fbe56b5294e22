/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <string.h>

#include "image/internal.h"

/*
 * Controls of C0 and C1, invisible and direction-changing characters, lone
 * surrogates and non-characters.
 */
static bool
is_deceptive(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || (c >= 0xd800 && c <= 0xdfff) ||
	       c == 0xfeff || c >= 0xfff0;
}

void
image_label_add(struct image_info *info, uint32_t c)
{
	size_t used = strlen(info->label);
	char *out = info->label + used;

	if (used + 4 > IMAGE_LABEL_SIZE || (used == 0 && c == ' '))
		return;
	if (is_deceptive(c))
		c = '?';
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	*out = '\0';
}

void
image_label_end(struct image_info *info)
{
	size_t used = strlen(info->label);

	while (used > 0 && info->label[used - 1] == ' ')
		info->label[--used] = '\0';
}
