/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/internal.h"
#include "image/windows.h"

#define RECORD_MAX	 4096
#define VOLUME_RECORD	 3    /* in the MFT: $Volume */
#define VOLUME_NAME	 0x60 /* attribute $VOLUME_NAME */
#define ATTRIBUTES_MAX	 32
#define EXFAT_PIECE	 4096
#define EXFAT_LABEL	 0x83 /* an entry of the root directory */
#define EXFAT_LABEL_MAX	 11
#define EXFAT_ENTRY_SIZE 32

/* --- NTFS -------------------------------------------------------------- */

/*
 * NTFS stores the last two bytes of each 512 at another place, to detect torn
 * writes (Linux's fs/ntfs3/record.c, "fixup").
 */
static void
restore_record(uint8_t *record, size_t len)
{
	size_t at = le16(record + 4), count = le16(record + 6), i;

	for (i = 1; i < count && i * 512 <= len && at + 2 * i + 2 <= 512; i++)
		memcpy(record + i * 512 - 2, record + at + 2 * i, 2);
}

static void
parse_volume_record(uint8_t *record, size_t len, struct image_info *info)
{
	size_t at, size, from, count;
	int i;

	if (memcmp(record, "FILE", 4) != 0)
		return;
	restore_record(record, len);
	at = le16(record + 20);
	for (i = 0; i < ATTRIBUTES_MAX && at + 24 <= len; i++, at += size) {
		size = le32(record + at + 4);
		if (size < 24 || size > len - at)
			return;
		if (le32(record + at) != VOLUME_NAME || record[at + 8] != 0)
			continue;
		count = le32(record + at + 16);
		from = le16(record + at + 20);
		if (from <= size && count <= size - from)
			image_label_utf16(
			    info->label, record + at + from, count, false);
		return;
	}
}

/* Returns bytes. The field is a number of clusters, or -n for 2^n bytes. */
static uint64_t
record_size(uint8_t field, uint64_t cluster)
{
	int8_t n = (int8_t)field;

	if (n >= 0)
		return (uint64_t)n * cluster;
	return n > -13 ? (uint64_t)1 << -n : 0;
}

int
image_parse_ntfs(const struct image_reader *reader, const uint8_t boot[512],
    struct image_info *info)
{
	uint8_t record[RECORD_MAX];
	uint64_t cluster, size, table = le64(boot + 48);
	unsigned sector = le16(boot + 11);
	int n;

	if (memcmp(boot + 3, "NTFS    ", 8) != 0 || sector < 256 ||
	    sector > 4096)
		return 0;
	info->name = "ntfs";
	if (sector == 4096)
		info->sector = sector;
	/* Add one sector, which the field does not count: the boot copy. */
	image_claim(info, le64(boot + 40) + 1, sector);
	cluster = boot[13] <= 128  ? (uint64_t)boot[13] * sector
		  : boot[13] > 243 ? ((uint64_t)1 << (256 - boot[13])) * sector
				   : 0;
	size = record_size(boot[64], cluster);
	if (cluster == 0 || table > reader->size / cluster || size < 512 ||
	    size > RECORD_MAX)
		return 1;
	n = image_read(reader, record, (size_t)size,
	    table * cluster + VOLUME_RECORD * size);
	if (n == 1)
		parse_volume_record(record, (size_t)size, info);
	return n == -1 ? -1 : 1;
}

/* --- exFAT ------------------------------------------------------------- */

/* Section 7.3: the root directory has the label, in practice as first entry. */
static void
parse_root(const uint8_t *root, size_t len, struct image_info *info)
{
	const uint8_t *e;

	for (e = root; e + EXFAT_ENTRY_SIZE <= root + len && *e != 0;
	     e += EXFAT_ENTRY_SIZE)
		if (*e == EXFAT_LABEL && e[1] <= EXFAT_LABEL_MAX) {
			image_label_utf16(
			    info->label, e + 2, (size_t)2 * e[1], false);
			return;
		}
}

int
image_parse_exfat(const struct image_reader *reader, const uint8_t boot[512],
    struct image_info *info)
{
	unsigned sector = boot[108], cluster = boot[108] + boot[109];
	uint32_t root = le32(boot + 96);
	uint8_t piece[EXFAT_PIECE];
	uint64_t at;
	size_t len;
	int n;

	if (memcmp(boot + 3, "EXFAT   ", 8) != 0 || sector < 9 || sector > 12)
		return 0;
	info->name = "exfat";
	if (sector == 12)
		info->sector = 4096;
	image_claim(info, le64(boot + 72), 1u << sector);
	if (cluster > 25 || root < 2)
		return 1;
	at = ((uint64_t)le32(boot + 88) << sector) +
	     ((uint64_t)(root - 2) << cluster);
	len = cluster < 12 ? (size_t)1 << cluster : EXFAT_PIECE;
	n = image_read(reader, piece, len, at);
	if (n == 1)
		parse_root(piece, len, info);
	return n == -1 ? -1 : 1;
}
