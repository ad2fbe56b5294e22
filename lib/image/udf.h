/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * UDF (ECMA-167 and OSTA UDF 2.60).
 */
#ifndef VM_IMAGE_UDF_H
#define VM_IMAGE_UDF_H

#include "image/info.h"

/*
 * Take the block size, the claimed size and the label of a UDF volume. Systems
 * show this label for a disc that has ISO 9660, too. Returns 0, or -1 with the
 * reader's errno.
 */
int image_parse_udf(const struct image_reader *reader, struct image_info *info);

#endif
