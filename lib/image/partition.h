/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read partition tables: MBR with its extended partitions, and GPT (UEFI 2.10
 * chapter 5), of disks with sectors of 512 or 4096 bytes.
 */
#ifndef VM_IMAGE_PARTITION_H
#define VM_IMAGE_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/info.h"

#define IMAGE_PARTITIONS_MAX 128 /* the most that are looked into */

struct image_partitions {
	unsigned count;
	struct {
		uint64_t at; /* bytes */
		bool active; /* generic boot code starts this one */
	} list[IMAGE_PARTITIONS_MAX];
};

/*
 * Parse the partition table in the boot sector, from the first len bytes of an
 * image: sets partitions, info->sector, and info->claimed to the end of the
 * last partition. Returns 1 if there is a table with a used entry, 0 if not; or
 * -1 with the reader's errno.
 */
int image_parse_mbr(const struct image_reader *reader, const uint8_t *head,
    size_t len, struct image_info *info, struct image_partitions *partitions);

/* The same for a GPT, whose partitions replace those of the protective MBR. */
int image_parse_gpt(const struct image_reader *reader, struct image_info *info,
    struct image_partitions *partitions);

#endif
