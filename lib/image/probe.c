/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "image/probe.h"
#include "image/internal.h"

#define HEAD_SIZE	4096
#define XHTML_SEARCH	1024 /* bytes after <?xml in which <html must come */
#define MBR_CODE_SIZE	440
#define MBR_TABLE	446
#define MBR_ENTRY_SIZE	16
#define MBR_TYPE_GPT	0xee
#define MBR_TYPE_ESP	0xef
#define GPT_ENTRIES_MAX 128

/* What begins with these bytes is no image, or none that a host can read. */
static const struct {
	enum image_format format;
	size_t len;
	const char *magic;
} foreign[] = {
    {IMAGE_XZ, 6, "\xfd\x37\x7a\x58\x5a\x00"},
    {IMAGE_GZIP, 3, "\x1f\x8b\x08"},
    {IMAGE_ZSTD, 4, "\x28\xb5\x2f\xfd"},
    {IMAGE_BZIP2, 3, "BZh"},
    {IMAGE_ZIP, 4, "PK\x03\x04"},
    {IMAGE_QCOW2, 4, "QFI\xfb"},
    {IMAGE_VMDK, 4, "KDMV"},
    {IMAGE_VHDX, 8, "vhdxfile"},
};

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

/* --- labels ------------------------------------------------------------ */

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

/* --- what is no image -------------------------------------------------- */

static bool
starts_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && strncasecmp(s, word, n) == 0;
}

bool
image_is_html(const void *head, size_t len)
{
	static const char *const signs[] = {"<!doctype html", "<html", "<head",
	    "<body", "<script", "<title", "<!--"};
	const char *s = head, *end = s + len;
	size_t i;

	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	while (s < end && (*s == ' ' || (*s >= '\t' && *s <= '\r')))
		s++;
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (starts_with(s, end - s, signs[i]))
			return true;
	if (!starts_with(s, end - s, "<?xml"))
		return false;
	if (end - s > XHTML_SEARCH)
		end = s + XHTML_SEARCH;
	for (; s < end; s++)
		if (starts_with(s, end - s, "<html"))
			return true;
	return false;
}

enum image_format
image_foreign_format(const void *head, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (len >= foreign[i].len &&
		    memcmp(head, foreign[i].magic, foreign[i].len) == 0)
			return foreign[i].format;
	return image_is_html(head, len) ? IMAGE_HTML : IMAGE_RAW;
}

/* --- partition tables -------------------------------------------------- */

/*
 * A boot sector and its partition table. As in Linux's
 * block/partitions/msdos.c, a boot flag other than 00 and 80 means that there
 * is no table but a file system's boot code. An entry counts by its length,
 * not its type: Debian's hybrids have one of type 0. Returns whether any does.
 */
static bool
parse_mbr(const uint8_t *head, size_t len, struct image_info *info)
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

/* A GPT of 512-byte blocks, which a disk LUN has. 1 if there is one. */
static int
parse_gpt(const struct image_reader *reader, const uint8_t *head, size_t len,
    struct image_info *info)
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

/* --- all together ------------------------------------------------------ */

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
	mbr = parse_mbr(head, len, info);
	gpt = parse_gpt(reader, head, len, info);
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
