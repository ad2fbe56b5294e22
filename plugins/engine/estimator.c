/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "engine/estimator.h"

#define LATENCY_MIN	 0.05	     /* milliseconds */
#define RATE_MIN	 (64 * 1024) /* bytes a second */
#define SHORT_TRANSFER	 (128 * 1024)
#define PERIOD_MS	 200
#define LATENCY_GROWTH	 0.02 /* of the difference, if a wait is longer */
#define RATE_SMOOTHING	 0.3
#define TOTAL_FORGETTING 0.05 /* of the difference, if a rate is lower */

void
meter_init(struct meter *m, unsigned round_trip_us, uint64_t rate, int64_t now)
{
	m->latency = round_trip_us / 1e3;
	if (m->latency < LATENCY_MIN)
		m->latency = LATENCY_MIN;
	m->rate = rate < RATE_MIN ? RATE_MIN : (double)rate;
	m->total = m->rate;
	m->since = now;
	m->bytes = 0;
}

/*
 * A wait is the latency plus the time in queues, so the shortest wait is the
 * best estimate of the latency: adopt shorter waits at once, longer ones
 * slowly.
 */
void
meter_first_byte(struct meter *m, int64_t waited)
{
	double ms = (double)waited;

	if (ms < LATENCY_MIN)
		ms = LATENCY_MIN;
	if (ms < m->latency)
		m->latency = ms;
	else
		m->latency += LATENCY_GROWTH * (ms - m->latency);
}

void
meter_transfer(struct meter *m, uint64_t bytes, int64_t took)
{
	double rate;

	if (bytes < SHORT_TRANSFER)
		return; /* most of it was already in a buffer */
	rate = (double)bytes * 1e3 / (double)(took < 1 ? 1 : took);
	if (rate < RATE_MIN)
		rate = RATE_MIN;
	m->rate += RATE_SMOOTHING * (rate - m->rate);
	if (m->total < m->rate)
		m->total = m->rate;
}

/* A period that began long ago, or had few bytes, shows the readers' rate and
 * not the source's: it does not lower the estimate. */
void
meter_bytes(struct meter *m, uint64_t bytes, int64_t now)
{
	double rate;

	m->bytes += bytes;
	if (now - m->since < PERIOD_MS)
		return;
	rate = (double)m->bytes * 1e3 / (double)(now - m->since);
	if (rate > m->total)
		m->total = rate;
	else if (now - m->since < 2 * PERIOD_MS && rate > m->total / 8)
		m->total += TOTAL_FORGETTING * (rate - m->total);
	m->since = now;
	m->bytes = 0;
}
