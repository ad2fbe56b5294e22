/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/internal.h"
#include "image/partition.h"

#define MBR_TABLE	446
#define MBR_ENTRY_SIZE	16
#define MBR_TYPE_GPT	0xee
#define LOGICAL_MAX	32
#define BIG_SECTOR	4096
#define GPT_ENTRIES_MAX 128
#define GPT_PIECE	4096
#define GPT_PIECES_MAX	16

static void
add(struct image_partitions *p, uint64_t at, bool active)
{
	if (p->count == IMAGE_PARTITIONS_MAX)
		return;
	p->list[p->count].at = at;
	p->list[p->count].active = active;
	p->count++;
}

/* --- MBR --------------------------------------------------------------- */

static bool
is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Is there a Windows file system at byte `at` that has 4096-byte sectors, and
 * says that it begins at sector start? */
static int
has_big_sectors(const struct image_reader *reader, uint64_t at, uint32_t start)
{
	uint8_t boot[IMAGE_DISK_BLOCK];
	int n = image_read(reader, boot, sizeof(boot), at);

	if (n != 1)
		return n;
	if (le16(boot + 510) != 0xaa55 || (boot[0] != 0xeb && boot[0] != 0xe9))
		return 0;
	/* exFAT has other fields: sections 3.1.14, and 3.1.4 for the place. */
	if (memcmp(boot + 3, "EXFAT   ", 8) == 0)
		return boot[108] == 12 && le64(boot + 64) == start;
	return le16(boot + 11) == BIG_SECTOR && le32(boot + 28) == start;
}

/*
 * A table does not say how large its sectors are. If there is a file system at
 * the place that 4096-byte sectors give, they have 4096 bytes.
 */
static int
find_sector(const struct image_reader *reader, const uint8_t *head,
    struct image_info *info)
{
	uint32_t start;
	int i, n;

	for (i = 0; i < 4; i++) {
		start = le32(head + MBR_TABLE + i * MBR_ENTRY_SIZE + 8);
		if (start == 0)
			continue;
		n = has_big_sectors(
		    reader, (uint64_t)start * BIG_SECTOR, start);
		if (n == -1)
			return -1;
		if (n == 1)
			info->sector = BIG_SECTOR;
	}
	return 0;
}

/* Follow the logical partitions of the extended partition at sector first. */
static int
parse_extended(const struct image_reader *reader, uint32_t first,
    struct image_info *info, struct image_partitions *partitions)
{
	uint8_t sector[IMAGE_DISK_BLOCK], *e = sector + MBR_TABLE;
	uint64_t at = first;
	int i, n;

	for (i = 0; i < LOGICAL_MAX; i++) {
		n = image_read(
		    reader, sector, sizeof(sector), at * info->sector);
		if (n != 1 || le16(sector + 510) != 0xaa55)
			return n == -1 ? -1 : 0;
		if (le32(e + 12) != 0)
			add(partitions, (at + le32(e + 8)) * info->sector,
			    false);
		e = sector + MBR_TABLE + MBR_ENTRY_SIZE;
		if (!is_extended(e[4]) || le32(e + 12) == 0)
			return 0;
		at = (uint64_t)first + le32(e + 8);
		e = sector + MBR_TABLE;
	}
	return 0;
}

/*
 * As in Linux's block/partitions/msdos.c, a boot flag other than 00 and 80
 * means that there is the boot code of a file system, and no table. An entry
 * with a length is used, even if its type is 0, as in Debian's hybrid images.
 */
int
image_parse_mbr(const struct image_reader *reader, const uint8_t *head,
    size_t len, struct image_info *info, struct image_partitions *partitions)
{
	const uint8_t *entry;
	bool used = false, extended = false;
	uint32_t start;
	int i;

	if (len < IMAGE_DISK_BLOCK || le16(head + 510) != 0xaa55)
		return 0;
	for (i = 0; i < 4; i++)
		if (head[MBR_TABLE + i * MBR_ENTRY_SIZE] & 0x7f)
			return 0;
	if (find_sector(reader, head, info) == -1)
		return -1;
	for (i = 0; i < 4; i++) {
		entry = head + MBR_TABLE + i * MBR_ENTRY_SIZE;
		start = le32(entry + 8);
		if (le32(entry + 12) == 0)
			continue;
		used = true;
		/* This entry may span the largest possible disk. */
		if (entry[4] == MBR_TYPE_GPT)
			continue;
		image_claim(
		    info, (uint64_t)start + le32(entry + 12), info->sector);
		if (!is_extended(entry[4]))
			add(partitions, (uint64_t)start * info->sector,
			    entry[0] == 0x80);
		else if (!extended &&
			 parse_extended(reader, start, info, partitions) == -1)
			return -1;
		extended |= is_extended(entry[4]);
	}
	return used;
}

/* --- GPT --------------------------------------------------------------- */

/* UEFI 2.10 section 5.3.3. An unused entry has type 0. */
static int
parse_gpt_entries(const struct image_reader *reader, const uint8_t *header,
    const struct image_info *info, struct image_partitions *partitions)
{
	static const uint8_t unused[16];
	uint8_t piece[GPT_PIECE], *entry;
	uint64_t at, lba = le64(header + 72);
	uint32_t count = le32(header + 80), size = le32(header + 84), i, off;
	int n;

	/* The size is "a value of 128 x 2^n". */
	if (size < 128 || size > GPT_PIECE || (size & (size - 1)) != 0 ||
	    lba > reader->size / info->sector)
		return 0;
	for (i = 0; i < count && i < GPT_ENTRIES_MAX; i++) {
		off = i * size;
		if (off >= GPT_PIECES_MAX * GPT_PIECE)
			return 0;
		if (off % sizeof(piece) == 0) {
			at = lba * info->sector + off;
			if (at >= reader->size)
				return 0;
			memset(piece, 0, sizeof(piece));
			n = image_read(reader, piece,
			    reader->size - at < sizeof(piece)
				? (size_t)(reader->size - at)
				: sizeof(piece),
			    at);
			if (n != 1)
				return n;
		}
		entry = piece + off % sizeof(piece);
		if (memcmp(entry, unused, 16) != 0 &&
		    le64(entry + 32) <= reader->size / info->sector)
			add(partitions, le64(entry + 32) * info->sector, false);
	}
	return 0;
}

int
image_parse_gpt(const struct image_reader *reader, struct image_info *info,
    struct image_partitions *partitions)
{
	static const unsigned sectors[] = {IMAGE_DISK_BLOCK, BIG_SECTOR};
	uint8_t header[IMAGE_DISK_BLOCK];
	uint64_t backup;
	int i, n;

	for (i = 0; i < 2; i++) {
		n = image_read(reader, header, sizeof(header), sectors[i]);
		if (n != 1)
			return n;
		if (memcmp(header, "EFI PART", 8) == 0 &&
		    le64(header + 24) == 1)
			break;
	}
	if (i == 2)
		return 0;
	info->sector = sectors[i];
	partitions->count = 0;
	/* The backup header is in the last block of the disk. */
	backup = le64(header + 32);
	image_claim(info, backup + (backup < UINT64_MAX), info->sector);
	return parse_gpt_entries(reader, header, info, partitions) == -1 ? -1
									 : 1;
}
