/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "check.h"
#include "engine/stats.h"

static void
test_map(void)
{
	char text[STATS_TEXT_MAX], *map;
	struct stats s;

	stats_init(&s, 10240, 0);
	CHECK(s.cell == 10);
	stats_fetched(&s, 5, 10); /* half of the first cell and the second */
	stats_fetched(&s, 100, 20);
	stats_fetched(&s, 100, 20); /* again: it counts once */
	stats_format(&s, text);
	map = strstr(text, "\"map\": \"");
	CHECK(map != NULL && strncmp(map + 8, "5500000000990", 13) == 0);
	CHECK(map != NULL && strlen(map + 8) == 1024 + 2);
	CHECK(s.fetched == 50);
}

/* An image with fewer bytes than cells, and one whose last cell is not full. */
static void
test_small(void)
{
	char text[STATS_TEXT_MAX];
	struct stats s;

	stats_init(&s, 3, 0);
	stats_fetched(&s, 0, 3);
	stats_format(&s, text);
	CHECK(strstr(text, "\"map\": \"999\"}") != NULL);
	stats_init(&s, 1025, 0); /* cells of two bytes, the last has one */
	stats_fetched(&s, 1024, 1);
	stats_format(&s, text);
	CHECK(strstr(text, "009\"}") != NULL);
}

static void
test_rate_and_room(void)
{
	char text[STATS_TEXT_MAX];
	struct stats s;

	stats_init(&s, UINT64_MAX / 2, 1000);
	stats_fetched(&s, 0, 5000);
	stats_tick(&s, 3000);
	CHECK(s.rate == 2500);
	stats_fetched(&s, 0, 100);
	stats_tick(&s, 3000);
	stats_tick(&s, 3100);
	CHECK(s.rate == 2500);
	stats_tick(&s, 4000);
	CHECK(s.rate == 100);
	stats_tick(&s, 5000);
	CHECK(s.rate == 0);
	s.read = s.fetched = s.hits = s.misses = s.retries = UINT64_MAX;
	s.connections = UINT32_MAX;
	s.rate = s.latency = 1e18;
	stats_format(&s, text);
	CHECK(text[strlen(text) - 1] == '}');
}

int
main(void)
{
	test_map();
	test_small();
	test_rate_and_room();
	return check_status();
}
