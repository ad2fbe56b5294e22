/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/boot.h"
#include "image/fat.h"
#include "image/filesystem.h"
#include "image/internal.h"
#include "image/iso9660.h"
#include "image/partition.h"
#include "image/probe.h"
#include "image/udf.h"

#define HEAD_SIZE 4096

/* What is found before the format is clear. */
struct finding {
	bool iso9660, udf;
	int mbr, gpt, filesystem;
	struct image_partitions partitions;
};

static void
set_foreign(struct image_info *info, const struct image_foreign *foreign)
{
	info->format = IMAGE_FOREIGN;
	info->foreign = foreign;
	info->name = foreign->name;
}

static void
set_format(struct image_info *info, const struct finding *found)
{
	bool table = found->mbr == 1 || found->gpt == 1;
	static const struct {
		enum image_format format;
		const char *name;
	} names[] = {{IMAGE_ISO9660, "iso9660"}, {IMAGE_HYBRID, "hybrid"},
	    {IMAGE_UDF, "udf"}, {IMAGE_MBR, "mbr"}, {IMAGE_GPT, "gpt"},
	    {IMAGE_RAW, "raw"}};
	size_t i;

	info->format = found->iso9660 ? (table ? IMAGE_HYBRID : IMAGE_ISO9660)
		       : found->gpt == 1	? IMAGE_GPT
		       : found->mbr == 1	? IMAGE_MBR
		       : found->udf		? IMAGE_UDF
		       : found->filesystem == 1 ? IMAGE_FILESYSTEM
						: IMAGE_RAW;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].format == info->format)
			info->name = names[i].name;
}

/*
 * mtools and other programs write a partition entry into the boot sector of a
 * FAT that is not in a partition. Ignore such a table.
 */
static int
drop_false_table(const struct image_reader *reader, const uint8_t *head,
    struct image_info *info, struct finding *found)
{
	struct fat fat = {.reader = reader};
	bool is_there;

	if (found->mbr != 1 || found->gpt == 1 ||
	    (head[0] != 0xeb && head[0] != 0xe9) ||
	    !image_fat_open(&fat, head, 0))
		return 0;
	if (image_fat_is_there(&fat, head, &is_there) == -1)
		return -1;
	if (is_there) {
		found->mbr = 0;
		info->claimed = 0;
	}
	return 0;
}

/* Find partition tables, file systems, and how the image boots as a disk. */
static int
parse_disk(const struct image_reader *reader, const uint8_t *head, size_t len,
    struct image_info *info, struct finding *found, unsigned *reads)
{
	struct image_partitions *partitions = &found->partitions;

	found->mbr = image_parse_mbr(reader, head, len, info, partitions);
	if (found->mbr == -1)
		return -1;
	found->gpt = image_parse_gpt(reader, info, partitions);
	if (found->gpt == -1)
		return -1;
	if (!found->iso9660 && !found->udf &&
	    drop_false_table(reader, head, info, found) == -1)
		return -1;
	if (found->mbr == 0 && found->gpt == 0)
		partitions = NULL;
	if (partitions == NULL && !found->iso9660 && !found->udf)
		found->filesystem =
		    image_parse_filesystem(reader, head, len, info, reads);
	if (found->filesystem == -1)
		return -1;
	if (len < IMAGE_DISK_BLOCK)
		return 0;
	return image_parse_disk_boot(reader, head, partitions, info, reads);
}

int
image_probe(const struct image_reader *reader, struct image_info *info)
{
	const struct image_foreign *foreign;
	struct finding found = {0};
	unsigned reads = IMAGE_BOOT_READS;
	uint8_t head[HEAD_SIZE];
	size_t len = sizeof(head);

	memset(info, 0, sizeof(*info));
	info->size = reader->size;
	info->name = "raw";
	info->sector = IMAGE_DISK_BLOCK;
	if (len > reader->size)
		len = (size_t)reader->size;
	if (len == 0)
		return 0;
	if (image_read(reader, head, len, 0) == -1 ||
	    image_parse_volumes(
		reader, info, &found.iso9660, &found.udf, &reads) == -1)
		return -1;
	foreign =
	    found.iso9660 || found.udf ? NULL : image_foreign_head(head, len);
	if (foreign != NULL) {
		set_foreign(info, foreign);
		return 0;
	}
	if (parse_disk(reader, head, len, info, &found, &reads) == -1 ||
	    (found.udf && image_parse_udf(reader, info) == -1))
		return -1;
	set_format(info, &found);
	if (info->format == IMAGE_RAW &&
	    image_foreign_places(reader, &foreign) == -1)
		return -1;
	if (foreign != NULL)
		set_foreign(info, foreign);
	return 0;
}

static int
read_head(void *ctx, void *buf, size_t len, uint64_t off)
{
	memcpy(buf, (const char *)ctx + off, len);
	return 0;
}

void
image_probe_head(
    const void *head, size_t len, uint64_t size, struct image_info *info)
{
	const struct image_reader reader = {
	    .pread = read_head, .ctx = (void *)(uintptr_t)head, .size = len};

	image_probe(&reader, info); /* cannot fail */
	info->size = size;
}
