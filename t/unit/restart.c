/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "base/restart.h"
#include "check.h"

static void
test_deaths(void)
{
	struct restart r = {0};
	int64_t now = 5;
	int i;

	CHECK(restart_left(&r, now) == -1);
	for (i = 0; i < RESTART_DEATHS_MAX; i++) {
		CHECK(restart_died(&r, now));
		CHECK(restart_left(&r, now) == 0);
		r.at = 0;
		now += RESTART_DEATHS_MS - 1;
	}
	CHECK(!restart_died(&r, now));
	CHECK(restart_left(&r, now) == -1);
	/* A program that ran for a long time may fail again. */
	now += RESTART_DEATHS_MS;
	CHECK(restart_died(&r, now));
}

static void
test_refusals(void)
{
	struct restart r = {0};

	restart_refused(&r, 1000);
	CHECK(restart_left(&r, 1000) == RESTART_PAUSE_MIN);
	CHECK(restart_left(&r, 1100) == RESTART_PAUSE_MIN - 100);
	CHECK(restart_left(&r, 9000) == 0);
	restart_refused(&r, 1000);
	CHECK(restart_left(&r, 1000) == 2 * RESTART_PAUSE_MIN);
	while (r.pause < RESTART_PAUSE_MAX)
		restart_refused(&r, 1000);
	restart_refused(&r, 1000);
	CHECK(restart_left(&r, 1000) == RESTART_PAUSE_MAX);
	restart_worked(&r);
	restart_refused(&r, 1000);
	CHECK(restart_left(&r, 1000) == RESTART_PAUSE_MIN);
}

int
main(void)
{
	test_deaths();
	test_refusals();
	return check_status();
}
