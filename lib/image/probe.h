/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an image is, read from its own structures.
 *
 * Of this folder: vm-probe, vm-gadget and the plugin use probe, media, foreign
 * and iso9660 (image_is_iso9660()); the rest is for these. Everything in an
 * image is a stranger's: each field is bounded before it is used, nothing is
 * allocated, and nothing is read but by the caller's image_reader. What is known
 * of formats (ISO 9660, UDF, MBR, GPT) is known here and nowhere else.
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
