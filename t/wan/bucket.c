/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A limit in bytes a second.
 */
#include "bucket.h"

#define BURST_NS 2000000 /* what may pass at once after a pause */
#define GRAIN_NS 1000000 /* the smallest amount passed on, as with GRO */
#define PACKET	 1500.0	 /* bytes */

void
bucket_set(struct bucket *b, double bytes, int64_t now)
{
	b->rate = bytes;
	b->tokens = 0;
	b->at = now;
}

/* How many bytes the limit must allow before any byte passes. */
static double
bucket_grain(const struct bucket *b)
{
	double grain = b->rate * GRAIN_NS / 1e9;

	return grain < PACKET ? PACKET : grain;
}

size_t
bucket_room(struct bucket *b, int64_t now)
{
	double most = b->rate * BURST_NS / 1e9;

	if (b->rate == 0)
		return SIZE_MAX;
	if (most < 2 * PACKET)
		most = 2 * PACKET;
	b->tokens += b->rate * (double)(now - b->at) / 1e9;
	b->at = now;
	if (b->tokens > most)
		b->tokens = most;
	return b->tokens < bucket_grain(b) ? 0 : (size_t)b->tokens;
}

void
bucket_take(struct bucket *b, size_t n)
{
	if (b->rate != 0)
		b->tokens -= (double)n;
}

int64_t
bucket_next(const struct bucket *b, int64_t now)
{
	double missing = bucket_grain(b) - b->tokens;

	if (b->rate == 0 || missing <= 0)
		return now;
	return now + (int64_t)(missing / b->rate * 1e9) + 1;
}
