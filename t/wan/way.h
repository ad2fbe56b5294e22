/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * One direction of a connection: a ring of bytes, and when each may leave.
 */
#ifndef WAY_H
#define WAY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKS_MAX 8192
#define NEVER	  INT64_MAX

/* Bytes up to offset `end` may be passed on from the time `when` (ns) on. */
struct mark {
	int64_t when;
	uint64_t end;
};

struct way {
	int from, to;
	unsigned char *ring;
	uint64_t in, out; /* bytes since the start */
	struct mark marks[MARKS_MAX];
	unsigned first_mark, mark_count;
	bool ended;   /* the reading end was closed */
	bool told;    /* ... and the writing end was told so */
	bool blocked; /* the writing end accepts nothing now */
};

/* Read from one descriptor, and write to the other; the ring is kept. */
void way_init(struct way *w, int from, int to);
bool way_has_room(const struct way *w);
/* Read what has arrived. Returns false if the connection is broken. */
bool way_fill(struct way *w, int64_t when);
/* How many bytes have been delayed for long enough. */
size_t way_due(struct way *w, int64_t now);
/* Pass on at most n bytes. Returns how many, or -1 if the connection is
 * broken. */
ssize_t way_drain(struct way *w, size_t n);
/* Pass on the end of the stream, after the last byte. */
void way_end(struct way *w);
/* Give the memory of the ring back to the kernel. */
void way_forget(struct way *w);
/* The time at which bytes that were read already may be passed on. */
int64_t way_next(const struct way *w, int64_t now);

#endif
