/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The SHA-256 that the image must have.
 */
#ifndef VM_EXPECTED_SUM_H
#define VM_EXPECTED_SUM_H

#include "base/sums.h"

/*
 * Find the checksum of the image with that URL: in the settings, or in a file
 * of checksums, which may have to be fetched. Returns 1; 0 if the settings name
 * no checksum; or -1 after reporting why.
 */
int expected_sum(const char *image_url, char sum[SUM_SIZE]);

#endif
