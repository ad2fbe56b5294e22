/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "check.h"
#include "engine/readahead.h"

#define KIB  1024
#define MIB  (1024 * 1024)
#define SIZE (100 * (uint64_t)MIB)

/* Read [at, at+len) and take the ranges to fetch; none may come twice. */
static uint64_t
step(struct readahead *ra, uint64_t at, uint64_t len, uint64_t *asked)
{
	struct readahead_stream *s = readahead_touch(ra, at, at + len);
	uint64_t from, to;

	while (readahead_next(s, 256 * KIB, 256 * KIB, SIZE, &from, &to)) {
		CHECK(from >= *asked || *asked == 0);
		CHECK(to > from && to <= SIZE);
		*asked = to;
	}
	return s->window;
}

static void
test_sequential(void)
{
	struct readahead ra;
	uint64_t at, asked = 0;

	readahead_init(&ra);
	readahead_set_windows(&ra, MIB, 8 * MIB);
	CHECK(step(&ra, 0, 128 * KIB, &asked) == 0 && asked == 0);
	for (at = 128 * KIB; at < SIZE; at += 128 * KIB) {
		CHECK(step(&ra, at, 128 * KIB, &asked) == MIB);
		CHECK(asked >= at + MIB - 256 * KIB || asked == SIZE);
		/* At most up to the next multiple of the alignment. */
		CHECK(
		    asked < at + 128 * KIB + MIB + 256 * KIB || asked == SIZE);
	}
	CHECK(asked == SIZE);
}

/* A window grows when its reader waits, but only once for each quarter of
 * it. */
static void
test_growth(void)
{
	struct readahead ra;
	struct readahead_stream *s;
	uint64_t at = 0;

	readahead_init(&ra);
	readahead_set_windows(&ra, 256 * KIB, 8 * MIB);
	readahead_touch(&ra, 0, 128 * KIB);
	s = readahead_touch(&ra, 128 * KIB, 256 * KIB);
	readahead_stalled(&ra, s);
	CHECK(s->window == MIB);
	readahead_stalled(&ra, s);
	CHECK(s->window == MIB);
	for (at = 256 * KIB; at < SIZE; at += 128 * KIB) {
		s = readahead_touch(&ra, at, at + 128 * KIB);
		readahead_stalled(&ra, s);
	}
	CHECK(s->window == 8 * MIB);
	readahead_set_windows(&ra, 256 * KIB, 4 * MIB);
	s = readahead_touch(&ra, at, at + 128 * KIB);
	CHECK(s->window == 4 * MIB);
}

static void
test_random(void)
{
	static const uint64_t at[] = {7, 400, 3, 90, 12, 50, 44, 900};
	struct readahead ra;
	uint64_t asked = 0;
	unsigned i;

	readahead_init(&ra);
	readahead_set_windows(&ra, MIB, 8 * MIB);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		CHECK(step(&ra, at[i] * 100 * KIB, 4 * KIB, &asked) == 0);
	CHECK(asked == 0);
	/* Reading the same place again is no stream either. */
	CHECK(step(&ra, 700 * KIB, 4 * KIB, &asked) == 0);
}

static void
test_large_read_is_a_stream(void)
{
	struct readahead ra;
	uint64_t asked = 0;

	readahead_init(&ra);
	readahead_set_windows(&ra, 2 * MIB, 8 * MIB);
	CHECK(step(&ra, 30 * MIB, 4 * MIB, &asked) == 2 * MIB);
	CHECK(asked == 36 * MIB); /* with its own bytes */
}

/* Two readers share the memory, and both are followed. */
static void
test_two_streams(void)
{
	struct readahead ra;
	struct readahead_stream *a, *b;
	uint64_t i, at;

	readahead_init(&ra);
	readahead_set_windows(&ra, 256 * KIB, 8 * MIB);
	for (i = 0; i < 200; i++) {
		at = 10 * MIB + i * 64 * KIB;
		a = readahead_touch(&ra, at, at + 64 * KIB);
		readahead_stalled(&ra, a);
		at = 60 * MIB + i * 64 * KIB;
		b = readahead_touch(&ra, at, at + 64 * KIB);
		readahead_stalled(&ra, b);
		CHECK(a != b);
	}
	CHECK(a->window == 4 * MIB && b->window == 4 * MIB);
}

/* Requests of one reader that arrive out of order are one stream. */
static void
test_out_of_order(void)
{
	static const uint64_t at[] = {0, 1, 3, 2, 6, 5, 4, 7};
	struct readahead ra;
	struct readahead_stream *s, *first = NULL;
	unsigned i;

	readahead_init(&ra);
	readahead_set_windows(&ra, 256 * KIB, 8 * MIB);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		s = readahead_touch(
		    &ra, at[i] * 128 * KIB, (at[i] + 1) * 128 * KIB);
		if (first == NULL)
			first = s;
		CHECK(s == first);
	}
	CHECK(s->next == MIB);
}

static void
test_off(void)
{
	struct readahead ra;
	uint64_t asked = 0, i;

	readahead_init(&ra);
	for (i = 0; i < 10; i++)
		CHECK(step(&ra, i * MIB, MIB, &asked) == 0);
	CHECK(asked == 0);
}

/* Wherever a stream begins, its ranges begin and end at whole MiB. */
static void
test_aligned(void)
{
	struct readahead ra;
	struct readahead_stream *s;
	uint64_t at, from, to, asked = 0, end = SIZE - 12345;

	readahead_init(&ra);
	readahead_set_windows(&ra, 4 * MIB, 8 * MIB);
	for (at = 70000; at + 65536 <= end; at += 65536) {
		s = readahead_touch(&ra, at, at + 65536);
		while (readahead_next(s, 3 * MIB / 2, MIB, end, &from, &to)) {
			CHECK(from == asked || asked == 0);
			CHECK(from % MIB == 0 || asked == 0);
			CHECK(to % MIB == 0 || to == end);
			CHECK(to > from && to - from <= 2 * MIB);
			asked = to;
		}
		CHECK(at < 200000 || asked >= at + 3 * MIB || asked == end);
	}
	CHECK(asked == end);
}

int
main(void)
{
	test_sequential();
	test_growth();
	test_random();
	test_large_read_is_a_stream();
	test_two_streams();
	test_out_of_order();
	test_off();
	test_aligned();
	return check_status();
}
