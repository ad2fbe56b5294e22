/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read label, size and sectors of NTFS and exFAT (Microsoft's specification of
 * 2019).
 */
#ifndef VM_IMAGE_WINDOWS_H
#define VM_IMAGE_WINDOWS_H

#include <stdint.h>

#include "image/info.h"

/*
 * Take the name, the sectors and the claimed size from the boot sector, and the
 * volume's label. Returns 1; 0 if it is no such volume; or -1 with the reader's
 * errno.
 */
int image_parse_ntfs(const struct image_reader *reader, const uint8_t boot[512],
    struct image_info *info);
int image_parse_exfat(const struct image_reader *reader,
    const uint8_t boot[512], struct image_info *info);

#endif
