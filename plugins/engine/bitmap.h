/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A set of blocks of a chunk, with one bit for each block. A block is the
 * smallest unit that is fetched. No I/O, no locks.
 */
#ifndef VM_ENGINE_BITMAP_H
#define VM_ENGINE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_SIZE 4096 /* bytes */
#define BLOCKS_MAX 256	/* in a chunk */

struct blocks {
	uint64_t words[BLOCKS_MAX / 64];
};

/* Ranges are [from, to), with to at most BLOCKS_MAX. */
void blocks_set(struct blocks *, unsigned from, unsigned to);
void blocks_clear(struct blocks *, unsigned from, unsigned to);
bool blocks_are_all_set(const struct blocks *, unsigned from, unsigned to);

/*
 * blocks_find_absent() returns the first block of the range that is in neither
 * set, and blocks_find_present() the first that is in either set; `to` if there
 * is no such block.
 */
unsigned blocks_find_absent(
    const struct blocks *, const struct blocks *, unsigned from, unsigned to);
unsigned blocks_find_present(
    const struct blocks *, const struct blocks *, unsigned from, unsigned to);

#endif
