/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The bytes of a source go to a target, and their SHA-256 is computed on the
 * way.
 */
#ifndef VM_STORE_IMPORT_H
#define VM_STORE_IMPORT_H

#include "base/sums.h"
#include "store/source.h"
#include "store/target.h"

#define IMPORT_ANY UINT64_MAX /* no size is asked for, or no limit */

struct import {
	uint64_t size;	/* bytes that must come, or IMPORT_ANY */
	uint64_t limit; /* bytes that may come, or IMPORT_ANY */
	/* Told of the bytes so far, and of all that will come or IMPORT_ANY; may
	 * be NULL. */
	void (*progress)(uint64_t done, uint64_t size);
};

/*
 * Check the source's size before a target is made. The size of a block device or an
 * NBD export is rounded up: there, the first `size` bytes are meant.
 *
 * Returns 0; or -1 with the failure: EX_DATAERR for the size, EX_CANTCREAT for the
 * limit.
 */
int import_check(const struct import *, struct source *, struct failure *);

/*
 * Copy all bytes of the source to the target, after those that a resumed target
 * has already, and write it to the disk; with target NULL only hash them. sum is
 * the SHA-256, in lower case, of all bytes of the image, and *size their number.
 *
 * Returns 0; or -1 with the failure of source.h, target.h or import_check().
 */
int import_copy(const struct import *, struct source *, struct target *,
    char sum[SUM_SIZE], uint64_t *size, struct failure *);

#endif
