/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an image is, read from its own structures.
 *
 * vm-probe, vm-gadget and the plugin use these files of the folder: probe,
 * media, foreign and iso9660 (image_is_iso9660()). The others are internal. An
 * attacker may have made the image: each field is checked before it is used,
 * nothing is allocated, and only the caller's image_reader reads. Only this
 * folder knows the formats (ISO 9660, UDF, MBR, GPT).
 */
#ifndef VM_IMAGE_PROBE_H
#define VM_IMAGE_PROBE_H

#include "image/foreign.h"
#include "image/info.h"
#include "image/iso9660.h"
#include "image/media.h"

/*
 * Find out what an image is: a dozen small reads, a hundred at most, however
 * large it is. Returns 0 and fills info; or -1 with the reader's errno.
 */
int image_probe(const struct image_reader *reader, struct image_info *info);

#endif
