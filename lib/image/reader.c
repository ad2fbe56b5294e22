/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "image/internal.h"

int
image_read(
    const struct image_reader *reader, void *buf, size_t len, uint64_t off)
{
	if (off > reader->size || len > reader->size - off)
		return 0;
	return reader->pread(reader->ctx, buf, len, off) == -1 ? -1 : 1;
}

void
image_claim(struct image_info *info, uint64_t blocks, uint32_t block)
{
	uint64_t bytes;

	bytes = blocks > UINT64_MAX / block ? UINT64_MAX : blocks * block;
	if (bytes > info->claimed)
		info->claimed = bytes;
}
