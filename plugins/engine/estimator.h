/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the way to the source is like, from the transfers that went over it:
 * how long the first byte takes, and what one connection and all of them
 * bring. No I/O, no locks; times are milliseconds, as the caller's clock
 * tells them.
 */
#ifndef VM_ENGINE_ESTIMATOR_H
#define VM_ENGINE_ESTIMATOR_H

#include <stdint.h>

struct meter {
	double latency; /* milliseconds to the first byte, the usual least */
	double rate;	/* bytes a second, of one connection */
	double total;	/* bytes a second, of all together, at its best */
	int64_t since;	/* the start of the period that is being counted */
	uint64_t bytes; /* in it */
};

/* Begin with what opening the image told; 0 where it told nothing. */
void meter_init(
    struct meter *, unsigned round_trip_us, uint64_t rate, int64_t now);

/* A transfer's first byte came so long after it was asked for. */
void meter_first_byte(struct meter *, int64_t waited);

/* A transfer brought so many bytes in so long, from the first to the last. */
void meter_transfer(struct meter *, uint64_t bytes, int64_t took);

/* Bytes came, of whatever transfer. */
void meter_bytes(struct meter *, uint64_t bytes, int64_t now);

#endif
