/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The volume descriptors of ISO 9660 (ECMA-119) and Joliet, and El Torito 1.0
 * for booting from it. UDF is seen here, too: it stands in the same sequence of
 * descriptors.
 */
#ifndef VM_IMAGE_ISO9660_H
#define VM_IMAGE_ISO9660_H

#include <stdbool.h>
#include <stddef.h>

#include "image/info.h"

/*
 * Walk the volume descriptors from byte 32768 on, of ISO 9660 and of UDF, and
 * take label, claim and El Torito entries. *iso9660 and *udf say which are
 * there; *reads as in boot.h. Returns 0, or -1 with the reader's errno.
 */
int image_parse_volumes(const struct image_reader *reader,
    struct image_info *info, bool *iso9660, bool *udf, unsigned *reads);

#endif
