/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Copy the bytes of a source to a target, and compute their SHA-256 on the way.
 */
#ifndef VM_STORE_IMPORT_H
#define VM_STORE_IMPORT_H

#include "base/sums.h"
#include "store/source.h"
#include "store/target.h"

#define IMPORT_ANY UINT64_MAX /* any size, or no limit */

struct import {
	uint64_t size;	/* bytes that the source must have, or IMPORT_ANY */
	uint64_t limit; /* bytes that it may have, or IMPORT_ANY */
	/* Called with the number of bytes so far and of all bytes (or
	 * IMPORT_ANY); may be NULL. */
	void (*progress)(uint64_t done, uint64_t size);
};

/*
 * Check the source's size before the target is made. The size of a block device
 * or an NBD export is rounded up, so only its first `size` bytes are taken.
 *
 * Returns 0; or -1 with the failure: EX_DATAERR for the size, EX_CANTCREAT for
 * the limit.
 */
int import_check(const struct import *, struct source *, struct failure *);

/*
 * Copy all bytes of the source to the target, after those that a resumed target
 * already has, and write the target to the disk. If the target is NULL, only
 * hash the bytes. sum becomes the SHA-256 of all bytes of the image, in lower
 * case, and *size their number.
 *
 * Returns 0; or -1 with the failure of source.h, target.h or import_check().
 */
int import_copy(const struct import *, struct source *, struct target *,
    char sum[SUM_SIZE], uint64_t *size, struct failure *);

#endif
