/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A set of the blocks of a chunk: one bit for each. Less than a block is never
 * fetched. No I/O, no locks.
 */
#ifndef VM_ENGINE_BITMAP_H
#define VM_ENGINE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_SIZE 4096 /* bytes */
#define BLOCKS_MAX 256	/* of a chunk */

struct blocks {
	uint64_t words[BLOCKS_MAX / 64];
};

/* Ranges are [from, to), with to at most BLOCKS_MAX. */
void blocks_set(struct blocks *, unsigned from, unsigned to);
void blocks_clear(struct blocks *, unsigned from, unsigned to);
bool blocks_are_all_set(const struct blocks *, unsigned from, unsigned to);

/*
 * The first block of the range that is in neither set, or that is in one of
 * them; `to` if there is no such block.
 */
unsigned blocks_find_absent(
    const struct blocks *, const struct blocks *, unsigned from, unsigned to);
unsigned blocks_find_present(
    const struct blocks *, const struct blocks *, unsigned from, unsigned to);

#endif
