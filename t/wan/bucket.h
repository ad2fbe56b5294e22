/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A limit in bytes a second, as a token bucket.
 */
#ifndef BUCKET_H
#define BUCKET_H

#include <stddef.h>
#include <stdint.h>

/* How much of a limit (rate 0: none) may be used now; at is in ns. */
struct bucket {
	double rate, tokens;
	int64_t at;
};

void bucket_set(struct bucket *b, double bytes, int64_t now);
/* How many bytes may pass now. */
size_t bucket_room(struct bucket *b, int64_t now);
void bucket_take(struct bucket *b, size_t n);
/* The time at which bytes may pass. */
int64_t bucket_next(const struct bucket *b, int64_t now);

#endif
