/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Find out what an image is, from its own structures.
 *
 * vm-probe, vm-gadget, vm-fetchd and its plugin use these files of the folder:
 * probe, findings, foreign, media and packed. The others are internal.
 * An attacker may have made the image: each field is checked before it is used,
 * nothing is allocated, and only the caller's image_reader reads. Only this
 * folder knows the formats.
 */
#ifndef VM_IMAGE_PROBE_H
#define VM_IMAGE_PROBE_H

#include "image/foreign.h"
#include "image/info.h"
#include "image/media.h"

/*
 * Find out what an image of any size is. This usually takes a few dozen small
 * reads, and never more than a few hundred. Returns 0 and fills info; or -1
 * with the reader's errno.
 */
int image_probe(const struct image_reader *reader, struct image_info *info);

/*
 * The same from only the first len bytes of an image of size bytes: the first
 * MiB, or the whole image. This is enough to find the format, and whether the
 * file is an image.
 */
void image_probe_head(
    const void *head, size_t len, uint64_t size, struct image_info *info);

#endif
