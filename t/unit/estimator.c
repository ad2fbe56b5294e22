/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "check.h"
#include "engine/estimator.h"

static void
test_start(void)
{
	struct meter m;

	meter_init(&m, 50000, 10000000, 0);
	CHECK(m.latency == 50 && m.rate == 1e7 && m.total == 1e7);
	meter_init(&m, 0, 0, 0);
	CHECK(m.latency > 0 && m.rate > 0 && m.total > 0);
}

/* A queue does not raise the latency; a rise of the latency itself is
 * noticed. */
static void
test_latency(void)
{
	struct meter m;
	int i;

	meter_init(&m, 50000, 0, 0);
	meter_first_byte(&m, 500);
	CHECK(m.latency < 60);
	meter_first_byte(&m, 20);
	CHECK(m.latency == 20);
	for (i = 0; i < 300; i++)
		meter_first_byte(&m, 100);
	CHECK(m.latency > 95);
}

static void
test_rates(void)
{
	struct meter m;
	int64_t now = 0;
	int i;

	meter_init(&m, 1000, 1000000, now);
	meter_transfer(&m, 1000, 0); /* too short to count */
	CHECK(m.rate == 1e6);
	for (i = 0; i < 30; i++)
		meter_transfer(&m, 2000000, 200);
	CHECK(m.rate > 9e6 && m.rate <= 1e7);
	for (i = 0; i < 1000; i++)
		meter_bytes(&m, 500000, now += 10);
	CHECK(m.total > 4.9e7 && m.total < 5.1e7);
	/* A reader that pauses does not lower the rate. */
	meter_bytes(&m, 1000, now += 60000);
	CHECK(m.total > 4.9e7);
	/* If a busy source becomes slower, the lower rate is taken over. */
	for (i = 0; i < 10000; i++)
		meter_bytes(&m, 100000, now += 10);
	CHECK(m.total < 1.3e7);
}

int
main(void)
{
	test_start();
	test_latency();
	test_rates();
	return check_status();
}
