/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Recognise file systems that fill an image without a partition table, and get
 * their labels and sizes.
 */
#ifndef VM_IMAGE_FILESYSTEM_H
#define VM_IMAGE_FILESYSTEM_H

#include <stddef.h>
#include <stdint.h>

#include "image/info.h"

/*
 * Look for a file system in an image that begins with these len bytes, and set
 * info->name, label, claimed and sector. For *reads see boot.h. Returns 1 if
 * there is a file system, 0 if not; or -1 with the reader's errno.
 */
int image_parse_filesystem(const struct image_reader *reader,
    const uint8_t *head, size_t len, struct image_info *info, unsigned *reads);

#endif
