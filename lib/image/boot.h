/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a firmware finds to start. A BIOS runs boot sectors; UEFI reads
 * \EFI\BOOT\BOOT*.EFI in a FAT, whatever the type of the partition is (UEFI 2.10
 * sections 3.5.1.1 and 13.3).
 */
#ifndef VM_IMAGE_BOOT_H
#define VM_IMAGE_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/info.h"
#include "image/partition.h"

/* How many reads may look into file systems, of all partitions. */
#define IMAGE_BOOT_READS 200

/*
 * How the image boots from a disk drive: sets its bits of info->boot, and
 * info->disk_arch. head is its first block; partitions is NULL if there is no
 * partition table. Returns 0, or -1 with the reader's errno.
 */
int image_parse_disk_boot(const struct image_reader *reader,
    const uint8_t head[IMAGE_DISK_BLOCK],
    const struct image_partitions *partitions, struct image_info *info,
    unsigned *reads);

/*
 * The same for an entry of El Torito, whose image begins at byte `at`, from a CD
 * drive.
 */
int image_parse_cd_boot(const struct image_reader *reader, uint64_t at,
    bool efi, struct image_info *info, unsigned *reads);

/*
 * How the image boots in a drive of that kind, for people: "boots by BIOS and
 * UEFI x64", "boots by UEFI aa64 only", "nothing bootable found".
 */
#define IMAGE_BOOT_TEXT_SIZE 128
char *image_boot_text(const struct image_info *info, enum image_media media,
    char text[static IMAGE_BOOT_TEXT_SIZE]);

/* The processors of these bits, as "x64 aa64". */
char *image_arch_text(unsigned arch, char text[static IMAGE_BOOT_TEXT_SIZE]);

#endif
