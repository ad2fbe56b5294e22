/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Statistics of an engine: counts since its start, the current latency and
 * rate, and which parts of the image were fetched. No I/O, no locks.
 */
#ifndef VM_ENGINE_STATS_H
#define VM_ENGINE_STATS_H

#include <stddef.h>
#include <stdint.h>

#define STATS_CELLS    1024
#define STATS_TEXT_MAX 2048 /* bytes of stats_format()'s text, with its NUL */

struct stats {
	uint64_t image_size;
	uint64_t read, fetched; /* bytes: to readers, from the source */
	uint64_t written;	/* bytes: to the source */
	uint64_t hits, misses;	/* reads; a read of two chunks counts twice */
	uint64_t retries;	/* transfers that failed and were tried again */
	unsigned connections;	/* transfers under way */
	double latency;		/* milliseconds to a transfer's first byte */
	double rate;		/* bytes a second, recently */
	const char *state;	/* the source's state, one word */
	uint64_t cell;		/* bytes of the image for each of the cells */
	uint64_t cells[STATS_CELLS]; /* fetched bytes of each cell */
	/* To compute the rate: */
	int64_t counted_at; /* milliseconds */
	uint64_t counted;
};

void stats_init(struct stats *, uint64_t image_size, int64_t now);

/* The source has sent len bytes of the image at this offset. */
void stats_fetched(struct stats *, uint64_t offset, size_t len);

/* Compute the rate since the last call, unless that call was a moment ago. */
void stats_tick(struct stats *, int64_t now);

/*
 * Write a JSON object on one line, without the newline. The map has a digit for
 * each cell, from 0 (nothing of the cell was fetched) to 9 (all of it).
 */
void stats_format(const struct stats *, char text[STATS_TEXT_MAX]);

#endif
