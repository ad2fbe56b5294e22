/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The chunk table and its bitmaps: which chunks it gives up, in which order.
 */
#include <stddef.h>

#include "engine/cache.h"
#include "check.h"

#define SLOTS 8
#define SIZE  (100 * (uint64_t)CHUNK_SIZE - 1000)

static struct cache c;

/* Claim a chunk, for a reader or ahead, a second after the previous claim. */
static struct slot *
claim(uint64_t chunk, bool ahead)
{
	static int64_t now;

	now += 1000;
	return cache_claim(&c, chunk, now, ahead);
}

static void
start(void)
{
	CHECK(cache_init(&c, SLOTS, SIZE) == 0);
}

static void
test_lengths(void)
{
	start();
	CHECK(claim(0, false)->length == CHUNK_SIZE);
	CHECK(slot_blocks(claim(0, false)) == CHUNK_BLOCKS);
	CHECK(claim(99, false)->length == CHUNK_SIZE - 1000);
	CHECK(slot_blocks(claim(99, false)) == CHUNK_BLOCKS);
	CHECK(cache_find(&c, 0) != NULL && cache_find(&c, 1) == NULL);
	CHECK(cache_bytes(&c, claim(0, false)) !=
	      cache_bytes(&c, claim(99, false)));
	cache_destroy(&c);
}

/* Of the chunks touched once, the least recently used goes first. */
static void
test_order(void)
{
	uint64_t i;

	start();
	for (i = 0; i < SLOTS; i++)
		cache_touch(&c, claim(i, false));
	blocks_set(&cache_find(&c, 0)->have, 0, 9);
	claim(50, false);
	CHECK(cache_find(&c, 0) == NULL && cache_find(&c, 1) != NULL);
	CHECK(!blocks_are_all_set(&cache_find(&c, 50)->have, 0, 1));
	cache_destroy(&c);
}

/* Reading the whole image once does not push out chunks that are read
 * repeatedly. */
static void
test_scan(void)
{
	struct slot *s;
	uint64_t i;

	start();
	for (i = 0; i < 6; i++) {
		cache_touch(&c, claim(i, false));
		cache_touch(&c, claim(i, false));
	}
	for (i = 20; i < 60; i++) {
		s = claim(i, true);
		CHECK(s != NULL);
		if (s != NULL)
			cache_touch_stream(&c, s, true);
	}
	/* Half of the slots are kept: those that were used last. */
	for (i = 2; i < 6; i++)
		CHECK(cache_find(&c, i) != NULL);
	for (i = 20; i < 60; i++)
		CHECK(cache_was_passed(&c, i));
	CHECK(!cache_was_passed(&c, 19) && !cache_was_passed(&c, 60));
	cache_destroy(&c);
}

static void
test_pins(void)
{
	uint64_t i;

	start();
	for (i = 0; i < SLOTS; i++)
		claim(i, false)->pins++;
	CHECK(claim(50, false) == NULL);
	CHECK(claim(3, false) != NULL);
	cache_find(&c, 3)->pins--;
	CHECK(claim(50, false) != NULL && cache_find(&c, 3) == NULL);
	cache_destroy(&c);
}

/* For a while, read-ahead of one stream does not push out another's. */
static void
test_ahead_spares_ahead(void)
{
	uint64_t i;

	start();
	for (i = 0; i < SLOTS; i++)
		claim(i, true);
	CHECK(claim(50, true) == NULL);
	CHECK(claim(50, false) != NULL && cache_find(&c, 0) == NULL);
	for (i = 0; i < 12; i++)
		claim(50, true); /* seconds pass */
	CHECK(claim(51, true) != NULL && cache_find(&c, 1) == NULL);
	cache_destroy(&c);
}

static void
test_blocks(void)
{
	struct blocks have = {{0}}, coming = {{0}};

	blocks_set(&have, 60, 130);
	CHECK(blocks_are_all_set(&have, 60, 130));
	CHECK(!blocks_are_all_set(&have, 59, 130));
	CHECK(!blocks_are_all_set(&have, 60, 131));
	CHECK(blocks_are_all_set(&have, 200, 200));
	blocks_set(&coming, 130, 140);
	CHECK(blocks_find_absent(&have, &coming, 60, 256) == 140);
	CHECK(blocks_find_absent(&have, &coming, 60, 100) == 100);
	CHECK(blocks_find_present(&have, &coming, 0, 256) == 60);
	CHECK(blocks_find_present(&have, &coming, 140, 256) == 256);
	blocks_clear(&have, 64, 65);
	CHECK(!blocks_are_all_set(&have, 60, 130));
	CHECK(blocks_find_absent(&have, &coming, 60, 256) == 64);
}

int
main(void)
{
	test_lengths();
	test_order();
	test_scan();
	test_pins();
	test_ahead_spares_ahead();
	test_blocks();
	return check_status();
}
