/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read the volume descriptors of ISO 9660 (ECMA-119) and Joliet, and El Torito
 * 1.0 for booting. They tell whether there is UDF, too: it has descriptors in
 * the same sequence.
 */
#ifndef VM_IMAGE_ISO9660_H
#define VM_IMAGE_ISO9660_H

#include <stdbool.h>
#include <stddef.h>

#include "image/info.h"

/*
 * Walk the volume descriptors of ISO 9660 and UDF from byte 32768 on, and take
 * the label, the claimed size and the El Torito entries. Sets *iso9660 and *udf
 * to whether each is there. For *reads see boot.h. Returns 0, or -1 with the
 * reader's errno.
 */
int image_parse_volumes(const struct image_reader *reader,
    struct image_info *info, bool *iso9660, bool *udf, unsigned *reads);

#endif
