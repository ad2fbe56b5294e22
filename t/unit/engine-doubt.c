/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A source that is not sure whether it still has the image that was opened: the
 * engine compares bytes.
 */
#include <errno.h>

#include "base/clock.h"
#include "engine-fake.h"

/* An engine that has the image's beginning, as vm-fetchd's engine has. */
static struct engine *
start_warm(struct fake *f, unsigned slots)
{
	return start_with(f, slots, 5, true);
}

static void
test_same_image(void)
{
	struct fake f;
	struct engine *e = start_warm(&f, 8);

	CHECK(reads(e, 3 * CHUNK_SIZE, 3 * CHUNK_SIZE) == 0);
	f.doubts = 1;
	CHECK(reads(e, 6 * CHUNK_SIZE, 5 * CHUNK_SIZE) == 0);
	CHECK(f.doubts == 0);
	/* It compared the beginning, and a part of each chunk in the cache. */
	CHECK(f.checks >= 4);
	/* A later doubt is settled, too. */
	f.doubts = 2;
	CHECK(reads(e, 0, IMAGE_SIZE) == 0);
	CHECK(f.doubts == 0);
	engine_free(e);
}

/* Whichever of the bytes read before has changed, the engine notices that it is
 * another image. */
static void
test_other_image(void)
{
	static const uint64_t at[] = {0, 40000, 3 * CHUNK_SIZE,
	    4 * CHUNK_SIZE + 700000, 6 * CHUNK_SIZE - 1};
	struct engine *e;
	struct fake f;
	size_t i;

	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		e = start_warm(&f, 8);
		CHECK(reads(e, 3 * CHUNK_SIZE, 3 * CHUNK_SIZE) == 0);
		content[at[i]] ^= 1;
		f.doubts = 1;
		CHECK(reads(e, 9 * CHUNK_SIZE, 10) == EIO);
		/* The error is final, and also applies to what the cache
		 * holds. */
		f.doubts = 0;
		content[at[i]] ^= 1;
		CHECK(reads(e, 9 * CHUNK_SIZE, 10) == EIO);
		CHECK(reads(e, 3 * CHUNK_SIZE, 10) == EIO);
		CHECK(logged == 1);
		engine_free(e);
	}
}

/* The comparison goes on after faults; its readers fail after the time
 * limit. */
static void
test_faults_meanwhile(void)
{
	struct fake f;
	struct engine *e = start_warm(&f, 8);
	int64_t begun = clock_ms();

	CHECK(reads(e, 3 * CHUNK_SIZE, CHUNK_SIZE) == 0);
	f.faults = 6;
	f.doubts = 1;
	CHECK(reads(e, 9 * CHUNK_SIZE, 10) == 0);
	CHECK(f.faults == 0 && f.doubts == 0);
	f.doubts = f.dead = 1;
	CHECK(reads(e, 7 * CHUNK_SIZE, 10) == EIO);
	f.dead = 0;
	while (reads(e, 7 * CHUNK_SIZE, 10) != 0 && clock_ms() - begun < 30000)
		continue;
	CHECK(f.doubts == 0);
	engine_free(e);
}

/* If no comparison settles the doubts, the image counts as changed. */
static void
test_endless_doubts(void)
{
	struct fake f;
	struct engine *e = start_warm(&f, 8);

	f.doubts = 1000;
	CHECK(reads(e, 9 * CHUNK_SIZE, 10) == EIO);
	CHECK(f.doubts > 980);
	engine_free(e);
}

/* A server that sends less at a time than it was asked for. */
static void
test_limited_answers(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 5);
	int64_t begun = clock_ms();

	f.limit = 2 * PIECE;
	CHECK(reads(e, 0, IMAGE_SIZE) == 0);
	CHECK(f.fetched == IMAGE_SIZE);
	/* There is no pause between the parts: pauses of 100 ms would take 11
	 * s. */
	CHECK(clock_ms() - begun < 8000 && logged == 0);
	engine_free(e);
}

int
main(void)
{
	restore_content();
	test_same_image();
	test_other_image();
	test_faults_meanwhile();
	test_endless_doubts();
	test_limited_answers();
	return check_status();
}
