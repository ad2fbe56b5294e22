/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the parsers of this folder share; no other file includes this.
 */
#ifndef VM_IMAGE_INTERNAL_H
#define VM_IMAGE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "image/info.h"

static inline uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t
le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/*
 * Read len bytes at off. Returns 1; 0 if a part of them is beyond the end of
 * the image; -1 with errno if they cannot be read.
 */
int image_read(
    const struct image_reader *reader, void *buf, size_t len, uint64_t off);

/* Note that the image says that it has this many blocks of `block` bytes.
 * info->claimed keeps the largest size. */
void image_claim(struct image_info *info, uint64_t blocks, uint32_t block);

/*
 * Append a Unicode character to a label. A character that could deceive a
 * terminal or a reader becomes '?'. A leading space, or a character that finds
 * no room, is dropped.
 */
void image_label_add(char label[static IMAGE_LABEL_SIZE], uint32_t c);

/* Complete the label: drop the spaces at its end. */
void image_label_end(char label[static IMAGE_LABEL_SIZE]);

/*
 * Make a label from len bytes of text, or fewer if a NUL ends it: from UTF-8,
 * in which a malformed byte becomes '?', or from UTF-16 (big: big-endian).
 */
void image_label_utf8(
    char label[static IMAGE_LABEL_SIZE], const uint8_t *text, size_t len);
void image_label_utf16(char label[static IMAGE_LABEL_SIZE], const uint8_t *text,
    size_t len, bool big);

#endif
