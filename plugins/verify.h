/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Compare the image's SHA-256 with the one that the settings name, or a file of
 * checksums: before anybody may read the image, all of it is read once.
 */
#ifndef VM_VERIFY_H
#define VM_VERIFY_H

#include "open-image.h"

/*
 * Call this after engine_start(). It tells vm-fetchd how far it is. Without a
 * checksum in the settings, and when nbdkit was started again, it does nothing.
 * Returns 0; or -1, and has said why.
 */
int verify_image(const struct image *);

#endif
