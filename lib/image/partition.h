/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Partition tables: MBR, and GPT (UEFI 2.10 chapter 5).
 */
#ifndef VM_IMAGE_PARTITION_H
#define VM_IMAGE_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/info.h"

/*
 * Parse a boot sector, and the partition table in it, from an image's first len
 * bytes: how it boots, and how far the partitions reach. Returns whether there
 * is a table with an entry that is used.
 */
bool image_parse_mbr(const uint8_t *head, size_t len, struct image_info *info);

/*
 * Parse a GPT of 512-byte blocks, which are a disk LUN's. Returns 1 if there is
 * one, 0 if not; or -1 with the reader's errno.
 */
int image_parse_gpt(const struct image_reader *reader, const uint8_t *head,
    size_t len, struct image_info *info);

#endif
