/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "check.h"
#include "readahead.h"

static void
test_sequential(void)
{
	struct readahead ra;
	uint64_t first, chunk, asked = 1, last_window = 0;
	uint32_t n;

	readahead_init(&ra, 8);
	CHECK(readahead_touch(&ra, 0, &first) == 0);
	for (chunk = 1; chunk < 40; chunk++) {
		n = readahead_touch(&ra, chunk, &first);
		if (n > 0) {
			/* Nothing twice, nothing left out. */
			CHECK(first == (asked > chunk ? asked : chunk + 1));
			asked = first + n;
		}
		CHECK(asked - chunk - 1 <= 8);
		CHECK(asked - chunk - 1 >= last_window);
		last_window = asked - chunk - 1;
		/* Again in the same chunk: no news. */
		CHECK(readahead_touch(&ra, chunk, &first) == 0);
	}
	CHECK(last_window == 8);
}

static void
test_random(void)
{
	static const uint64_t chunks[] = {7, 400, 3, 90, 12, 5000, 44, 900};
	struct readahead ra;
	uint64_t first;
	unsigned i;

	readahead_init(&ra, 8);
	for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++)
		CHECK(readahead_touch(&ra, chunks[i], &first) == 0);
}

static void
test_two_streams(void)
{
	struct readahead ra;
	uint64_t first, i;

	readahead_init(&ra, 4);
	readahead_touch(&ra, 100, &first);
	readahead_touch(&ra, 900, &first);
	for (i = 1; i < 10; i++) {
		CHECK(readahead_touch(&ra, 100 + i, &first) > 0 &&
		      first > 100 + i && first <= 100 + i + 4);
		CHECK(readahead_touch(&ra, 900 + i, &first) > 0 &&
		      first > 900 + i && first <= 900 + i + 4);
	}
}

/* Requests of one reader that overtake each other are one stream. */
static void
test_out_of_order(void)
{
	struct readahead ra;
	uint64_t first;

	readahead_init(&ra, 4);
	readahead_touch(&ra, 10, &first);
	CHECK(readahead_touch(&ra, 11, &first) > 0);
	CHECK(readahead_touch(&ra, 10, &first) == 0);
	CHECK(readahead_touch(&ra, 12, &first) > 0);
}

static void
test_off(void)
{
	struct readahead ra;
	uint64_t first, i;

	readahead_init(&ra, 0);
	for (i = 0; i < 10; i++)
		CHECK(readahead_touch(&ra, i, &first) == 0);
}

int
main(void)
{
	test_sequential();
	test_random();
	test_two_streams();
	test_out_of_order();
	test_off();
	return check_status();
}
