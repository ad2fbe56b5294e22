/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which SHA-256 the image must have.
 */
#ifndef VM_EXPECTED_SUM_H
#define VM_EXPECTED_SUM_H

#include "base/sums.h"

/*
 * Find the checksum of the image of that URL: the settings have it, or a file of
 * checksums, which may have to be fetched. Returns 1; 0 if there is none; or -1,
 * and has said why.
 */
int expected_sum(const char *image_url, char sum[SUM_SIZE]);

#endif
