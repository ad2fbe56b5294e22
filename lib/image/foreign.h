/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Recognise files that are no image: text, compressed files and archives, disks
 * of virtual machines, programs, pictures. Most have a magic number.
 */
#ifndef VM_IMAGE_FOREIGN_H
#define VM_IMAGE_FOREIGN_H

#include <stddef.h>

#include "image/info.h"

/*
 * Returns what a file that begins with these len bytes is, if a host cannot use
 * it unchanged; NULL if it may be an image. The result is static.
 */
const struct image_foreign *image_foreign_head(const void *head, size_t len);

/*
 * The same for files that other places than the beginning tell: a trailer, or
 * ISO 9660 at a place where no drive looks for it. Returns 0 and sets *foreign;
 * or -1 with the reader's errno.
 */
int image_foreign_places(
    const struct image_reader *reader, const struct image_foreign **foreign);

#endif
