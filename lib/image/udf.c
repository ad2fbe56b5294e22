/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/internal.h"
#include "image/udf.h"

#define UDF_DESCRIPTORS_MAX 32
#define UDF_ANCHOR_BLOCK    256

/* ECMA-167 3/7.2.1: the descriptors' tags. */
enum udf_tag {
	UDF_ANCHOR = 2,
	UDF_PARTITION = 5,
	UDF_LOGICAL_VOLUME = 6,
	UDF_TERMINATOR = 8,
};

/* Read a block's descriptor. Returns as image_read(); 0 if it is invalid. */
static int
read_descriptor(const struct image_reader *reader, uint8_t descriptor[512],
    uint64_t block, unsigned block_size)
{
	uint8_t sum = 0;
	int i, n;

	n = image_read(reader, descriptor, 512, block * block_size);
	if (n != 1)
		return n;
	for (i = 0; i < 16; i++)
		if (i != 4)
			sum += descriptor[i];
	return sum == descriptor[4] && le32(descriptor + 12) == block;
}

/*
 * A dstring (OSTA UDF 2.60, section 2.1.3) has a byte with the bits of a
 * character (8 or 16), then the characters. The last byte of the field has the
 * length.
 */
static void
parse_dstring(
    const uint8_t *field, size_t size, char label[static IMAGE_LABEL_SIZE])
{
	size_t used = field[size - 1], i;
	char found[IMAGE_LABEL_SIZE] = "";

	if (used >= size || used < 2)
		return;
	if (field[0] == 16)
		image_label_utf16(found, field + 1, used - 1, true);
	for (i = 1; field[0] == 8 && i < used; i++)
		image_label_add(found, field[i]);
	image_label_end(found);
	if (*found != '\0')
		memcpy(label, found, sizeof(found));
}

/* Find the anchor, which tells the block size and where the descriptors are. */
int
image_parse_udf(const struct image_reader *reader, struct image_info *info)
{
	static const unsigned sizes[] = {2048, 512, 4096, 1024, 8192};
	uint8_t d[512];
	unsigned block = 0;
	uint32_t first, count, i;
	int n;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && block == 0; i++) {
		n = read_descriptor(reader, d, UDF_ANCHOR_BLOCK, sizes[i]);
		if (n == -1)
			return -1;
		if (n == 1 && le16(d) == UDF_ANCHOR)
			block = sizes[i];
	}
	if (block == 0)
		return 0;
	info->udf_block = block;
	count = le32(d + 16) / block;
	first = le32(d + 20);
	for (i = 0; i < count && i < UDF_DESCRIPTORS_MAX; i++) {
		n = read_descriptor(reader, d, (uint64_t)first + i, block);
		if (n != 1 || le16(d) == UDF_TERMINATOR)
			return n == -1 ? -1 : 0;
		if (le16(d) == UDF_PARTITION)
			image_claim(info,
			    (uint64_t)le32(d + 188) + le32(d + 192), block);
		else if (le16(d) == UDF_LOGICAL_VOLUME)
			parse_dstring(d + 84, 128, info->label);
	}
	return 0;
}
