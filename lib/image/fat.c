/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "image/fat.h"
#include "image/internal.h"

#define PIECE	     4096 /* bytes of a directory that are read at once */
#define ENTRY	     32
#define ATTR_VOLUME  0x08
#define ATTR_DIR     0x10
#define ATTR_LONG    0x0f
#define LONG_PIECE   13 /* characters in an entry of a long name */
#define LONG_PIECES  4
#define NAME_MAX_LEN (LONG_PIECE * LONG_PIECES)

/* --- the volume -------------------------------------------------------- */

static bool
is_power(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* Sections 3.1 to 3.5; the checks are the same as in Linux's fs/fat/inode.c. */
bool
image_fat_open(struct fat *fat, const uint8_t boot[512], uint64_t at)
{
	uint32_t sector = le16(boot + 11), per_cluster = boot[13];
	uint32_t reserved = le16(boot + 14), fats = boot[16];
	uint32_t entries = le16(boot + 17), total = le16(boot + 19);
	uint32_t size = le16(boot + 22);
	uint64_t first;

	if (!is_power(sector) || sector < 512 || sector > 4096 ||
	    !is_power(per_cluster) || reserved == 0 || fats == 0 || fats > 4 ||
	    (boot[21] < 0xf8 && boot[21] != 0xf0))
		return false;
	if (total == 0)
		total = le32(boot + 32);
	fat->width = size == 0 ? 32 : 16;
	if (size == 0)
		size = le32(boot + 36);
	first = reserved + (uint64_t)fats * size +
		((uint64_t)entries * ENTRY + sector - 1) / sector;
	if (size == 0 || first >= total || (fat->width == 32 && entries != 0))
		return false;
	fat->at = at;
	fat->sector = sector;
	fat->sectors = total;
	fat->cluster = sector * per_cluster;
	fat->clusters = (uint32_t)((total - first) / per_cluster);
	fat->table = at + (uint64_t)reserved * sector;
	fat->piece_at = 0;
	fat->data = at + first * sector;
	fat->root_size = entries * ENTRY;
	fat->root = fat->data - (fat->root_size + sector - 1) / sector * sector;
	fat->root_cluster = le32(boot + 44);
	if (fat->width == 16 && fat->clusters < 4085)
		fat->width = 12;
	return true;
}

int
image_fat_is_there(struct fat *fat, const uint8_t boot[512], bool *is_there)
{
	uint8_t medium;
	int n = image_read(fat->reader, &medium, 1, fat->table);

	*is_there = n == 1 && medium == boot[21];
	return n == -1 ? -1 : 0;
}

/* Calls image_read() if there are reads left; otherwise returns 0. */
static int
read_some(struct fat *fat, void *buf, size_t len, uint64_t at)
{
	if (*fat->reads == 0)
		return 0;
	--*fat->reads;
	return image_read(fat->reader, buf, len, at);
}

/* Sets *cluster to the next one of its chain, or to 0 at the end of the chain.
 * Returns as read_some(). */
static int
next_cluster(struct fat *fat, uint32_t *cluster)
{
	uint64_t bit = (uint64_t)*cluster * fat->width, byte = bit / 8;
	uint64_t at = fat->table + byte - byte % FAT_PIECE;
	uint8_t b[4] = {0};
	int n;

	if (fat->piece_at != at) {
		fat->piece_at = 0;
		n = read_some(fat, fat->piece, sizeof(fat->piece), at);
		if (n != 1)
			return n;
		fat->piece_at = at;
	}
	memcpy(b, fat->piece + byte % FAT_PIECE, fat->width == 32 ? 4 : 2);
	*cluster = le32(b) >> bit % 8;
	*cluster &= fat->width == 12 ? 0xfff : 0x0fffffff;
	if (*cluster < 2 || *cluster - 2 >= fat->clusters)
		*cluster = 0;
	return 1;
}

/* --- directories ------------------------------------------------------- */

/* A directory that is read from its beginning. */
struct dir {
	struct fat *fat;
	uint32_t cluster; /* 0: the root of FAT12 and FAT16 */
	uint64_t at;	  /* bytes: where the next read begins */
	uint32_t left;	  /* unread bytes of the clusters, or of this root */
	uint8_t piece[PIECE];
	size_t len, used; /* bytes read into piece, and used of it */
	char long_name[NAME_MAX_LEN + 1];
	unsigned sum; /* checksum of the short name that long_name is for */
};

struct entry {
	char name[13]; /* "BOOTX64.EFI" */
	char long_name[NAME_MAX_LEN + 1];
	uint8_t raw[11], attr;
	uint32_t cluster;
};

/* Go to this cluster of the directory. Take the clusters of its chain that
 * follow it on the disk, too, to read them at once. */
static int
enter_cluster(struct dir *dir, uint32_t cluster)
{
	const uint32_t size = dir->fat->cluster;
	uint32_t next = cluster;
	int n = 1;

	dir->cluster = cluster;
	dir->left = 0;
	if (cluster < 2 || cluster - 2 >= dir->fat->clusters)
		return 0;
	dir->left = size;
	dir->at = dir->fat->data + (uint64_t)(cluster - 2) * size;
	while (dir->left < PIECE) {
		n = next_cluster(dir->fat, &next);
		if (n != 1 || next != dir->cluster + 1)
			break;
		dir->cluster = next;
		dir->left += size;
	}
	return n == -1 ? -1 : 0;
}

/* If cluster is 0, opens the root directory. Returns 0 or -1. */
static int
open_dir(struct dir *dir, struct fat *fat, uint32_t cluster)
{
	memset(dir, 0, sizeof(*dir));
	dir->fat = fat;
	if (cluster == 0 && fat->width == 32)
		cluster = fat->root_cluster;
	if (cluster != 0)
		return enter_cluster(dir, cluster);
	dir->at = fat->root;
	dir->left = fat->root_size;
	return 0;
}

/* Sets *raw to the next entry on the disk, NULL at the end. Returns 0 or -1. */
static int
next_raw(struct dir *dir, const uint8_t **raw)
{
	uint32_t next = dir->cluster;
	int n;

	*raw = NULL;
	if (dir->used == dir->len) {
		if (dir->left == 0 && dir->cluster != 0) {
			n = next_cluster(dir->fat, &next);
			if (n == 1)
				n = enter_cluster(dir, next);
			if (n == -1)
				return -1;
		}
		dir->used = 0;
		dir->len = dir->left < PIECE ? dir->left : PIECE;
		n = dir->len == 0
			? 0
			: read_some(dir->fat, dir->piece, dir->len, dir->at);
		if (n != 1) {
			dir->len = dir->left = dir->cluster = 0;
			return n;
		}
		dir->at += dir->len;
		dir->left -= (uint32_t)dir->len;
	}
	*raw = dir->piece + dir->used;
	dir->used += ENTRY;
	if (**raw == 0)
		*raw = NULL;
	return 0;
}

/* Section 7.1: an entry with 13 characters of a long name. */
static void
take_long(struct dir *dir, const uint8_t *raw)
{
	static const uint8_t places[LONG_PIECE] = {
	    1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	unsigned piece = (raw[0] & 0x3f) - 1u, i;
	uint16_t c;

	if (raw[0] & 0x40)
		memset(dir->long_name, 0, sizeof(dir->long_name));
	dir->sum = raw[13];
	if (piece >= LONG_PIECES)
		return;
	for (i = 0; i < LONG_PIECE; i++) {
		c = le16(raw + places[i]);
		if (c == 0)
			break;
		dir->long_name[piece * LONG_PIECE + i] =
		    (char)(c < 0x80 ? c : '?');
	}
}

static unsigned
checksum(const uint8_t name[11])
{
	unsigned sum = 0, i;

	for (i = 0; i < 11; i++)
		sum = (((sum & 1) << 7 | sum >> 1) + name[i]) & 0xff;
	return sum;
}

static void
take_short(struct entry *entry, const uint8_t *raw)
{
	size_t n = 0, i;

	for (i = 0; i < 8 && raw[i] != ' '; i++)
		entry->name[n++] = (char)raw[i];
	if (raw[8] != ' ')
		entry->name[n++] = '.';
	for (i = 8; i < 11 && raw[i] != ' '; i++)
		entry->name[n++] = (char)raw[i];
	entry->name[n] = '\0';
}

/* Returns 1 with the next entry, 0 at the end, or -1. */
static int
next_entry(struct dir *dir, struct entry *entry)
{
	const uint8_t *raw;

	for (;;) {
		if (next_raw(dir, &raw) == -1)
			return -1;
		if (raw == NULL)
			return 0;
		if (raw[0] == 0xe5) {
			*dir->long_name = '\0';
		} else if ((raw[11] & 0x3f) == ATTR_LONG) {
			take_long(dir, raw);
		} else {
			break;
		}
	}
	memset(entry, 0, sizeof(*entry));
	memcpy(entry->raw, raw, sizeof(entry->raw));
	take_short(entry, raw);
	if (dir->sum == checksum(raw))
		memcpy(
		    entry->long_name, dir->long_name, sizeof(entry->long_name));
	memset(dir->long_name, 0, sizeof(dir->long_name));
	entry->attr = raw[11];
	entry->cluster = le16(raw + 26);
	if (dir->fat->width == 32)
		entry->cluster |= (uint32_t)(le16(raw + 20) & 0xfff) << 16;
	return 1;
}

static bool
is_named(const struct entry *entry, const char *name)
{
	return strcasecmp(entry->name, name) == 0 ||
	       strcasecmp(entry->long_name, name) == 0;
}

/* --- what is in it ----------------------------------------------------- */

/* Find a directory in the directory at *cluster (0: the root). Returns 1 with
 * its cluster in *cluster, 0 or -1. */
static int
find_dir(struct fat *fat, const char *name, uint32_t *cluster)
{
	struct entry entry;
	struct dir dir;
	int n;

	if (open_dir(&dir, fat, *cluster) == -1)
		return -1;
	while ((n = next_entry(&dir, &entry)) == 1)
		if ((entry.attr & ATTR_DIR) != 0 && entry.cluster != 0 &&
		    is_named(&entry, name)) {
			*cluster = entry.cluster;
			return 1;
		}
	return n;
}

/* UEFI 2.10 section 3.5.1.1, table 3.3. */
static unsigned
arch_of(const struct entry *entry)
{
	static const struct {
		const char *name;
		unsigned arch;
	} loaders[] = {{"BOOTX64.EFI", IMAGE_ARCH_X64},
	    {"BOOTIA32.EFI", IMAGE_ARCH_IA32},
	    {"BOOTAA64.EFI", IMAGE_ARCH_AA64}, {"BOOTARM.EFI", IMAGE_ARCH_ARM},
	    {"BOOTRISCV64.EFI", IMAGE_ARCH_RISCV64},
	    {"BOOTLOONGARCH64.EFI", IMAGE_ARCH_LOONG64},
	    {"BOOTIA64.EFI", IMAGE_ARCH_IA64}};
	size_t i;

	if ((entry->attr & (ATTR_DIR | ATTR_VOLUME)) != 0)
		return 0;
	for (i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		if (is_named(entry, loaders[i].name))
			return loaders[i].arch;
	return 0;
}

int
image_fat_loaders(struct fat *fat, unsigned *arch)
{
	uint32_t cluster = 0;
	struct entry entry;
	struct dir dir;
	int n;

	*arch = 0;
	n = find_dir(fat, "EFI", &cluster);
	if (n == 1)
		n = find_dir(fat, "BOOT", &cluster);
	if (n != 1)
		return n;
	if (open_dir(&dir, fat, cluster) == -1)
		return -1;
	while ((n = next_entry(&dir, &entry)) == 1)
		*arch |= arch_of(&entry);
	return n;
}

/* Takes the letters that code pages 437 and 850 have in common. */
static void
take_label(char label[static IMAGE_LABEL_SIZE], const uint8_t raw[11])
{
	static const uint16_t letters[] = {0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0,
	    0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5, 0xc9,
	    0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, '?',
	    0xa3, '?', '?', 0x192, 0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1};
	const size_t n = sizeof(letters) / sizeof(letters[0]);
	size_t i;

	*label = '\0';
	for (i = 0; i < 11; i++) {
		if (raw[i] == 0xe1)
			image_label_add(label, 0xdf);
		else if (raw[i] < 0x80)
			image_label_add(label, raw[i]);
		else
			image_label_add(label,
			    raw[i] - 0x80u < n ? letters[raw[i] - 0x80] : '?');
	}
	image_label_end(label);
}

int
image_fat_label(struct fat *fat, const uint8_t boot[512],
    char label[static IMAGE_LABEL_SIZE])
{
	const uint8_t *extended = boot + (fat->width == 32 ? 64 : 36);
	struct entry entry;
	struct dir dir;
	int n;

	*label = '\0';
	if (open_dir(&dir, fat, 0) == -1)
		return -1;
	while ((n = next_entry(&dir, &entry)) == 1)
		if ((entry.attr & (ATTR_VOLUME | ATTR_DIR)) == ATTR_VOLUME) {
			/* 05 stands for E5, which marks an unused entry. */
			if (entry.raw[0] == 0x05)
				entry.raw[0] = 0xe5;
			take_label(label, entry.raw);
			return 0;
		}
	if (n == 0 && extended[2] == 0x29 &&
	    memcmp(extended + 7, "NO NAME    ", 11) != 0)
		take_label(label, extended + 7);
	return n;
}

int
image_fat_has_system(struct fat *fat, const uint8_t boot[512], bool *has_system)
{
	static const char *const names[] = {"BOOTMGR    ", "NTLDR      ",
	    "IO      SYS", "IBMBIO  COM", "KERNEL  SYS", "WINBOOT SYS",
	    "DRBIO   SYS"};
	const size_t count = sizeof(names) / sizeof(names[0]);
	struct entry entry;
	unsigned named = 0;
	struct dir dir;
	size_t i;
	int n;

	for (i = 0; i < count; i++)
		if (memmem(boot, 512, names[i], 11) != NULL)
			named |= 1u << i;
	*has_system = named == 0;
	if (named == 0)
		return 0;
	if (open_dir(&dir, fat, 0) == -1)
		return -1;
	while ((n = next_entry(&dir, &entry)) == 1)
		for (i = 0; i < count; i++)
			if ((named & 1u << i) != 0 &&
			    memcmp(entry.raw, names[i], 11) == 0)
				*has_system = true;
	return n;
}
