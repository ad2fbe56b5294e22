/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/fat.h"
#include "image/filesystem.h"
#include "image/internal.h"
#include "image/windows.h"

#define EXT_SUPERBLOCK 1024 /* linux/fs/ext4/ext4.h */
#define EXT_64BIT      0x80

/* --- those with a number at a place ------------------------------------ */

enum coding {
	NONE,
	UTF8,
	UTF16
};

static const struct kind {
	const char *name;
	uint32_t at; /* bytes: where its magic number is */
	size_t len;
	const char *magic;
	uint32_t label; /* bytes: where its label is; 0: it has none */
	size_t label_len;
	enum coding coding;
} kinds[] = {
    {"squashfs", 0, 4, "hsqs", 0, 0, NONE},
    {"squashfs", 0, 4, "sqsh", 0, 0, NONE},
    {"xfs", 0, 4, "XFSB", 108, 12, UTF8},
    {"btrfs", 0x10040, 8, "_BHRfS_M", 0x1012b, 255, UTF8},
    {"f2fs", 0x400, 4, "\x10\x20\xf5\xf2", 0x47c, 128, UTF16},
    {"erofs", 0x400, 4, "\xe2\xe1\xf5\xe0", 0x440, 16, UTF8},
    {"cramfs", 0, 4, "\x45\x3d\xcd\x28", 48, 16, UTF8},
    {"romfs", 0, 8, "-rom1fs-", 16, 16, UTF8},
    {"luks", 0, 6, "LUKS\xba\xbe", 0, 0, NONE},
    {"lvm", 512, 8, "LABELONE", 0, 0, NONE},
    {"swap", 4086, 10, "SWAPSPACE2", 1052, 16, UTF8},
    {"swap", 4086, 10, "SWAP-SPACE", 0, 0, NONE},
    {"hfs", 0x400, 2, "H+", 0, 0, NONE},
    {"hfs", 0x400, 2, "HX", 0, 0, NONE},
    {"hfs", 0x400, 4, "BD\0\0", 0, 0, NONE},
    {"apfs", 32, 4, "NXSB", 0, 0, NONE},
    {"apm", 512, 4, "PM\0\0", 0, 0, NONE}, /* Apple's partition table */
    {"reiserfs", 0x10034, 6, "ReIsEr", 0x10064, 16, UTF8},
    {"jfs", 0x8000, 4, "JFS1", 0x8098, 16, UTF8},
    {"nilfs2", 0x406, 2, "\x34\x34", 0x498, 80, UTF8},
    {"gfs2", 0x10000, 8, "\x01\x16\x19\x70\0\0\0\x01", 0, 0, NONE},
    {"bcachefs", 0x1018, 8, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca", 0x1048, 32,
	UTF8},
    {"ufs", 0x255c, 4, "\x54\x19\x01\x00", 0, 0, NONE},
    {"ufs", 0x1055c, 4, "\x19\x01\x54\x19", 0x102a8, 32, UTF8},
    {"bsd", 512, 4, "\x57\x45\x56\x82", 0, 0, NONE}, /* a disk label */
    {"sun", 508, 2, "\xda\xbe", 0, 0, NONE},	     /* a disk label */
    {"minix", 0x410, 4, "\x8f\x13\x01\x00", 0, 0, NONE},
    {"jffs2", 0, 4, "\x85\x19\x03\x20", 0, 0, NONE},
    {"ubifs", 0, 4, "\x31\x18\x10\x06", 0, 0, NONE},
    {"vmfs", 0x100000, 4, "\x0d\xd0\x01\xc0", 0, 0, NONE},
    {"mdraid", 4096, 4, "\xfc\x4e\x2b\xa9", 0x1020, 32, UTF8},
};

static int
take_label(const struct image_reader *reader, const struct kind *kind,
    struct image_info *info)
{
	uint8_t text[IMAGE_LABEL_SIZE];
	int n;

	if (kind->coding == NONE)
		return 0;
	n = image_read(reader, text, kind->label_len, kind->label);
	if (n == 1 && kind->coding == UTF8)
		image_label_utf8(info->label, text, kind->label_len);
	else if (n == 1)
		image_label_utf16(info->label, text, kind->label_len, false);
	return n == -1 ? -1 : 0;
}

static int
parse_kinds(const struct image_reader *reader, const uint8_t *head, size_t len,
    struct image_info *info)
{
	const struct kind *kind;
	uint8_t number[16];
	size_t i;
	int n;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		kind = &kinds[i];
		n = 1;
		if (kind->at + kind->len <= len)
			memcpy(number, head + kind->at, kind->len);
		else
			n = image_read(reader, number, kind->len, kind->at);
		if (n == -1)
			return -1;
		if (n == 0 || memcmp(number, kind->magic, kind->len) != 0)
			continue;
		info->name = kind->name;
		if (strcmp(kind->name, "squashfs") == 0)
			image_claim(info, le64(head + 40), 1);
		return take_label(reader, kind, info) == -1 ? -1 : 1;
	}
	return 0;
}

/* --- those that are looked at more closely ------------------------------- */

/* ext2, ext3 and ext4: check more than their magic number of 2 bytes. */
static int
parse_ext(const uint8_t *head, size_t len, struct image_info *info)
{
	const uint8_t *super = head + EXT_SUPERBLOCK;
	uint64_t blocks;

	if (len < EXT_SUPERBLOCK + 1024 || le16(super + 56) != 0xef53 ||
	    le32(super + 24) > 6 || le32(super) == 0)
		return 0;
	info->name = "ext";
	blocks = le32(super + 4);
	if ((le32(super + 96) & EXT_64BIT) != 0)
		blocks |= (uint64_t)le32(super + 336) << 32;
	image_claim(info, blocks, 1024u << le32(super + 24));
	image_label_utf8(info->label, super + 120, 16);
	return 1;
}

static int
parse_fat(const struct image_reader *reader, const uint8_t *head,
    struct image_info *info, unsigned *reads)
{
	struct fat fat = {.reader = reader, .reads = reads};

	if (!image_fat_open(&fat, head, 0))
		return 0;
	info->name = "fat";
	if (fat.sector == 4096)
		info->sector = fat.sector;
	image_claim(info, fat.sectors, fat.sector);
	return image_fat_label(&fat, head, info->label) == -1 ? -1 : 1;
}

int
image_parse_filesystem(const struct image_reader *reader, const uint8_t *head,
    size_t len, struct image_info *info, unsigned *reads)
{
	int n;

	if (len < IMAGE_DISK_BLOCK)
		return 0;
	n = image_parse_ntfs(reader, head, info);
	if (n == 0)
		n = image_parse_exfat(reader, head, info);
	if (n == 0)
		n = parse_ext(head, len, info);
	if (n == 0)
		n = parse_fat(reader, head, info, reads);
	return n != 0 ? n : parse_kinds(reader, head, len, info);
}
