/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Estimates of latency and rate to the source, from the transfers so far: how
 * long the first byte takes, and how many bytes a second come over one
 * connection and over all of them. No I/O, no locks; times are milliseconds of
 * the caller's clock.
 */
#ifndef VM_ENGINE_ESTIMATOR_H
#define VM_ENGINE_ESTIMATOR_H

#include <stdint.h>

struct meter {
	double latency; /* milliseconds to the first byte, without queueing */
	double rate;	/* bytes a second, of one connection */
	double total;	/* bytes a second, of all together, at best */
	int64_t since;	/* the start of the period that is being counted */
	uint64_t bytes; /* in it */
};

/* Begin with what was measured when the image was opened; 0: unknown. */
void meter_init(
    struct meter *, unsigned round_trip_us, uint64_t rate, int64_t now);

/* A transfer's first byte took this long. */
void meter_first_byte(struct meter *, int64_t waited);

/* A transfer ended: how many bytes it brought, and the time from the first
 * to the last. */
void meter_transfer(struct meter *, uint64_t bytes, int64_t took);

/* Bytes came, of any transfer. */
void meter_bytes(struct meter *, uint64_t bytes, int64_t now);

#endif
