/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Find what a firmware can boot. A BIOS runs boot sectors. UEFI runs
 * \EFI\BOOT\BOOT*.EFI from a FAT, in a partition of any type (UEFI 2.10
 * sections 3.5.1.1 and 13.3).
 */
#ifndef VM_IMAGE_BOOT_H
#define VM_IMAGE_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/info.h"
#include "image/partition.h"

/* The most reads that look into file systems, for all partitions together. */
#define IMAGE_BOOT_READS 200

/*
 * Find how the image boots in a disk drive: sets these bits of info->boot, and
 * info->disk_arch. head is its first block; partitions is NULL if there is no
 * partition table. *reads is the number of reads that are left. Returns 0, or
 * -1 with the reader's errno.
 */
int image_parse_disk_boot(const struct image_reader *reader,
    const uint8_t head[IMAGE_DISK_BLOCK],
    const struct image_partitions *partitions, struct image_info *info,
    unsigned *reads);

/*
 * The same for a CD drive and one El Torito entry, whose boot image begins at
 * byte `at`. efi: the entry is for UEFI.
 */
int image_parse_cd_boot(const struct image_reader *reader, uint64_t at,
    bool efi, struct image_info *info, unsigned *reads);

/*
 * Returns text, after writing to it for people how the image boots in this kind
 * of drive: "boots by BIOS and UEFI x64", "boots by UEFI aa64 only", "nothing
 * bootable found".
 */
#define IMAGE_BOOT_TEXT_SIZE 128
char *image_boot_text(const struct image_info *info, enum image_media media,
    char text[static IMAGE_BOOT_TEXT_SIZE]);

/* Returns text, after writing to it the processors of these IMAGE_ARCH_* bits:
 * "x64 aa64". */
char *image_arch_text(unsigned arch, char text[static IMAGE_BOOT_TEXT_SIZE]);

#endif
