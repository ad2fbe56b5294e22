/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/internal.h"
#include "image/partition.h"
#include "image/probe.h"
#include "image/udf.h"

#define HEAD_SIZE 4096

int
image_probe(const struct image_reader *reader, struct image_info *info)
{
	uint8_t head[HEAD_SIZE];
	size_t len = sizeof(head);
	bool iso9660, udf, mbr;
	int gpt;

	memset(info, 0, sizeof(*info));
	info->size = reader->size;
	if (len > reader->size)
		len = (size_t)reader->size;
	if (len == 0)
		return 0;
	if (image_read(reader, head, len, 0) == -1 ||
	    image_parse_volumes(reader, info, &iso9660, &udf) == -1)
		return -1;
	info->format = image_foreign_format(head, len);
	if (info->format != IMAGE_RAW && !iso9660)
		return 0;
	mbr = image_parse_mbr(head, len, info);
	gpt = image_parse_gpt(reader, head, len, info);
	if (gpt == -1 || (udf && image_parse_udf(reader, info) == -1))
		return -1;
	if (iso9660)
		info->format = mbr || gpt ? IMAGE_HYBRID : IMAGE_ISO9660;
	else if (gpt)
		info->format = IMAGE_GPT;
	else if (mbr)
		info->format = IMAGE_MBR;
	else if (udf)
		info->format = IMAGE_UDF;
	return 0;
}
