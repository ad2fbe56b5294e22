/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/internal.h"
#include "image/partition.h"

#define MBR_CODE_SIZE	440
#define MBR_TABLE	446
#define MBR_ENTRY_SIZE	16
#define MBR_TYPE_GPT	0xee
#define MBR_TYPE_ESP	0xef
#define GPT_ENTRIES_MAX 128

/*
 * As in Linux's block/partitions/msdos.c, a boot flag other than 00 and 80 means
 * that there is no table but a file system's boot code. An entry is used if it
 * has a length, whatever its type: Debian's hybrids have one of type 0.
 */
bool
image_parse_mbr(const uint8_t *head, size_t len, struct image_info *info)
{
	const uint8_t *entry;
	bool used = false;
	int i;

	if (len < IMAGE_DISK_BLOCK || le16(head + 510) != 0xaa55)
		return false;
	for (i = 0; i < MBR_CODE_SIZE && head[i] == 0; i++)
		;
	if (i < MBR_CODE_SIZE)
		info->boot |= IMAGE_BOOT_DISK_BIOS;
	for (i = 0; i < 4; i++)
		if (head[MBR_TABLE + i * MBR_ENTRY_SIZE] & 0x7f)
			return false;
	for (i = 0; i < 4; i++) {
		entry = head + MBR_TABLE + i * MBR_ENTRY_SIZE;
		if (le32(entry + 12) == 0)
			continue;
		used = true;
		if (entry[4] == MBR_TYPE_ESP)
			info->boot |= IMAGE_BOOT_DISK_EFI;
		/* It may cover the largest disk, not this one. */
		if (entry[4] != MBR_TYPE_GPT)
			image_claim(info,
			    (uint64_t)le32(entry + 8) + le32(entry + 12),
			    IMAGE_DISK_BLOCK);
	}
	return used;
}

/* Look for an EFI system partition (UEFI 2.10 section 5.3.3). */
static int
parse_gpt_entries(const struct image_reader *reader, const uint8_t *header,
    struct image_info *info)
{
	/* C12A7328-F81F-11D2-BA4B-00A0C93EC93B */
	static const uint8_t esp[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8,
	    0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
	uint8_t block[IMAGE_DISK_BLOCK];
	uint64_t lba = le64(header + 72);
	uint32_t count = le32(header + 80), size = le32(header + 84), i, off;
	int n;

	/* "a value of 128 x 2^n"; what lies behind an entry's 128 is not read */
	if (size < 128 || size > 4096 || (size & (size - 1)) != 0 ||
	    lba > reader->size / IMAGE_DISK_BLOCK)
		return 0;
	for (i = 0; i < count && i < GPT_ENTRIES_MAX; i++) {
		off = i * size;
		if (off % sizeof(block) == 0) {
			n = image_read(reader, block, sizeof(block),
			    lba * IMAGE_DISK_BLOCK + off);
			if (n != 1)
				return n;
		}
		if (memcmp(block + off % sizeof(block), esp, 16) == 0)
			info->boot |= IMAGE_BOOT_DISK_EFI;
	}
	return 0;
}

int
image_parse_gpt(const struct image_reader *reader, const uint8_t *head,
    size_t len, struct image_info *info)
{
	const uint8_t *header = head + IMAGE_DISK_BLOCK;
	uint64_t backup;

	if (len < 2 * IMAGE_DISK_BLOCK || memcmp(header, "EFI PART", 8) != 0 ||
	    le64(header + 24) != 1)
		return 0;
	/* The backup header is the disk's last block. */
	backup = le64(header + 32);
	image_claim(info, backup + (backup < UINT64_MAX), IMAGE_DISK_BLOCK);
	return parse_gpt_entries(reader, header, info) == -1 ? -1 : 1;
}
