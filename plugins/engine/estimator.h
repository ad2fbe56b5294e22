/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Estimates of the source's latency and rate, from the transfers so far: how
 * long the first byte takes, and how many bytes a second come over one
 * connection and over all connections. No I/O, no locks; times are milliseconds
 * of the caller's clock.
 */
#ifndef VM_ENGINE_ESTIMATOR_H
#define VM_ENGINE_ESTIMATOR_H

#include <stdint.h>

struct meter {
	double latency; /* milliseconds to the first byte, without queueing */
	double rate;	/* bytes a second over one connection */
	double total;	/* bytes a second over all connections, at best */
	int64_t since;	/* when the current period of counting began */
	uint64_t bytes; /* came in this period */
};

/* Begin with the values that were measured when the image was opened; 0:
 * unknown. */
void meter_init(
    struct meter *, unsigned round_trip_us, uint64_t rate, int64_t now);

/* A transfer's first byte came after this time. */
void meter_first_byte(struct meter *, int64_t waited);

/* A transfer ended: how many bytes it brought, and the time from its first byte
 * to its last. */
void meter_transfer(struct meter *, uint64_t bytes, int64_t took);

/* This many bytes came, by any transfer. */
void meter_bytes(struct meter *, uint64_t bytes, int64_t now);

#endif
