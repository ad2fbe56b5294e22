/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "image/boot.h"
#include "image/fat.h"
#include "image/internal.h"
#include "image/media.h"

#define MBR_CODE_END	440
#define VOLUME_CODE_END 510

/* --- boot sectors ------------------------------------------------------ */

static bool
calls(const uint8_t *code, size_t len, uint8_t interrupt)
{
	const uint8_t call[2] = {0xcd, interrupt};

	return memmem(code, len, call, sizeof(call)) != NULL;
}

/*
 * Does the sector have code that starts a system from this disk? It does not if
 * one byte fills it, or if the code begins with zeros. It does not either if
 * the code never reads a disk (int 13h), but calls the next boot device (int
 * 18h, int 19h): such code only prints that the disk is not bootable, as that
 * of mkfs.fat and mkntfs does.
 */
static bool
is_code(const uint8_t *sector, size_t end)
{
	/* The code of mformat starts the first hard disk, which is another. */
	static const uint8_t first_disk[] = {0xb8, 0x01, 0x02, 0xbb, 0x00, 0x7c,
	    0xba, 0x80, 0x00, 0xb9, 0x01, 0x00, 0xcd, 0x13};
	size_t from = 0, i;

	if (sector[0] == 0xeb)
		from = 2u + sector[1];
	else if (sector[0] == 0xe9)
		from = 3u + le16(sector + 1);
	else if (memcmp(sector, "ER", 2) == 0)
		from = 8; /* the signature of an Apple disk */
	if (from >= end)
		from = 0;
	for (i = from + 1; i < end && sector[i] == sector[from]; i++)
		;
	if (i == end || le16(sector + from) == 0 ||
	    memmem(sector, end, first_disk, sizeof(first_disk)) != NULL)
		return false;
	if (calls(sector + from, end - from, 0x13))
		return true;
	return !calls(sector + from, end - from, 0x18) &&
	       !calls(sector + from, end - from, 0x19);
}

/* Is this boot code that only starts the active partition, if there is one? */
static bool
is_generic(const uint8_t *sector)
{
	static const char *const marks[] = {
	    "Invalid partition table", "Missing operating system"};
	/* libparted/labels/mbr.s */
	static const uint8_t parted[] = {0xfa, 0xb8, 0x00, 0x10, 0x8e, 0xd0,
	    0xbc, 0x00, 0xb0, 0xb8, 0x00, 0x00};
	size_t i;

	if (memcmp(sector, parted, sizeof(parted)) == 0)
		return true;
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (memmem(sector, MBR_CODE_END, marks[i], strlen(marks[i])) !=
		    NULL)
			return true;
	return false;
}

/* --- volumes ----------------------------------------------------------- */

struct volume {
	const struct image_reader *reader;
	unsigned *reads;
	bool bios;
	unsigned arch;
};

/* Find how the volume at byte `at` boots: sets v->bios and v->arch. */
static int
look_into(struct volume *v, const uint8_t boot[IMAGE_DISK_BLOCK], uint64_t at)
{
	struct fat fat = {.reader = v->reader, .reads = v->reads};

	v->arch = 0;
	v->bios = le16(boot + 510) == 0xaa55 && is_code(boot, VOLUME_CODE_END);
	if (!image_fat_open(&fat, boot, at))
		return 0;
	if (v->bios && image_fat_has_system(&fat, boot, &v->bios) == -1)
		return -1;
	return image_fat_loaders(&fat, &v->arch);
}

/* The same, but read the boot sector here. */
static int
look_at(struct volume *v, uint64_t at)
{
	uint8_t boot[IMAGE_DISK_BLOCK];
	int n = 0;

	v->arch = 0;
	v->bios = false;
	if (*v->reads > 0) {
		--*v->reads;
		n = image_read(v->reader, boot, sizeof(boot), at);
	}
	return n == 1 ? look_into(v, boot, at) : n;
}

int
image_parse_disk_boot(const struct image_reader *reader,
    const uint8_t head[IMAGE_DISK_BLOCK],
    const struct image_partitions *partitions, struct image_info *info,
    unsigned *reads)
{
	struct volume v = {.reader = reader, .reads = reads};
	bool active = false, bios;
	unsigned i;

	if (partitions == NULL) {
		if (look_into(&v, head, 0) == -1)
			return -1;
		bios = v.bios;
		info->disk_arch = v.arch;
	} else {
		for (i = 0; i < partitions->count; i++) {
			if (look_at(&v, partitions->list[i].at) == -1)
				return -1;
			info->disk_arch |= v.arch;
			active |= partitions->list[i].active && v.bios;
		}
		bios = le16(head + 510) == 0xaa55 &&
		       is_code(head, MBR_CODE_END) &&
		       (active || !is_generic(head));
	}
	if (bios)
		info->boot |= IMAGE_BOOT_DISK_BIOS;
	if (info->disk_arch != 0)
		info->boot |= IMAGE_BOOT_DISK_EFI;
	return 0;
}

int
image_parse_cd_boot(const struct image_reader *reader, uint64_t at, bool efi,
    struct image_info *info, unsigned *reads)
{
	struct volume v = {.reader = reader, .reads = reads};
	uint8_t boot[IMAGE_CD_BLOCK];
	int n;

	if (efi) {
		if (look_at(&v, at) == -1)
			return -1;
		info->cd_arch |= v.arch;
		if (v.arch != 0)
			info->boot |= IMAGE_BOOT_CD_EFI;
		return 0;
	}
	n = image_read(reader, boot, sizeof(boot), at);
	if (n == 1 && is_code(boot, sizeof(boot)))
		info->boot |= IMAGE_BOOT_CD_BIOS;
	return n == -1 ? -1 : 0;
}

/* --- for people -------------------------------------------------------- */

char *
image_arch_text(unsigned arch, char text[static IMAGE_BOOT_TEXT_SIZE])
{
	static const char *const names[] = {
	    "x64", "ia32", "aa64", "arm", "riscv64", "loongarch64", "ia64"};
	size_t i;

	*text = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((arch & 1u << i) == 0)
			continue;
		if (*text != '\0')
			strcat(text, " ");
		strcat(text, names[i]);
	}
	return text;
}

char *
image_boot_text(const struct image_info *info, enum image_media media,
    char text[static IMAGE_BOOT_TEXT_SIZE])
{
	unsigned boot = image_media_boot(info, media);
	char arch[IMAGE_BOOT_TEXT_SIZE];

	image_arch_text(image_media_arch(info, media), arch);
	if ((boot & IMAGE_BOOT_EFI) == 0)
		snprintf(text, IMAGE_BOOT_TEXT_SIZE, "%s",
		    (boot & IMAGE_BOOT_BIOS) != 0 ? "boots by BIOS only"
						  : "nothing bootable found");
	else
		snprintf(text, IMAGE_BOOT_TEXT_SIZE, "boots by %s%.60s%s",
		    (boot & IMAGE_BOOT_BIOS) != 0 ? "BIOS and UEFI " : "UEFI ",
		    arch, (boot & IMAGE_BOOT_BIOS) != 0 ? "" : " only");
	return text;
}
