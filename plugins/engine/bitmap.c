/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "engine/bitmap.h"

static bool
is_set(const struct blocks *b, unsigned i)
{
	return b->words[i / 64] >> i % 64 & 1;
}

void
blocks_set(struct blocks *b, unsigned from, unsigned to)
{
	for (; from < to; from++)
		b->words[from / 64] |= UINT64_C(1) << from % 64;
}

void
blocks_clear(struct blocks *b, unsigned from, unsigned to)
{
	for (; from < to; from++)
		b->words[from / 64] &= ~(UINT64_C(1) << from % 64);
}

bool
blocks_are_all_set(const struct blocks *b, unsigned from, unsigned to)
{
	while (from < to && is_set(b, from))
		from++;
	return from == to;
}

unsigned
blocks_find_absent(
    const struct blocks *a, const struct blocks *b, unsigned from, unsigned to)
{
	while (from < to && (is_set(a, from) || is_set(b, from)))
		from++;
	return from;
}

unsigned
blocks_find_present(
    const struct blocks *a, const struct blocks *b, unsigned from, unsigned to)
{
	while (from < to && !is_set(a, from) && !is_set(b, from))
		from++;
	return from;
}
