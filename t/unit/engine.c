/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How the engine serves readers.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine-fake.h"

static void
test_right_bytes(void)
{
	struct fake f;
	struct engine *e = start(&f, 4, 5);

	CHECK(reads(e, 0, 1) == 0);
	CHECK(reads(e, CHUNK_SIZE - 1, 2) == 0);
	CHECK(reads(e, IMAGE_SIZE - 1, 1) == 0);
	/* More in one read than the cache holds. */
	CHECK(reads(e, 7, IMAGE_SIZE - 7) == 0);
	CHECK(reads(e, 3, 0) == 0);
	engine_free(e);
}

static void
test_each_chunk_once(void)
{
	struct fake f;
	struct engine *e = start(&f, 16, 5);
	uint64_t offset;
	size_t n;

	for (offset = 0; offset < IMAGE_SIZE; offset += n) {
		n = IMAGE_SIZE - offset < 4096 ? IMAGE_SIZE - offset : 4096;
		f.reading = offset + n;
		CHECK(reads(e, offset, n) == 0);
	}
	CHECK(f.fetched == IMAGE_SIZE && f.started <= 64);
	CHECK(f.ahead > 0);
	engine_free(e);
}

/* A random read fetches its own chunk, and nothing else. */
static void
test_random_reads_fetch_no_more(void)
{
	struct fake f;
	struct engine *e = start(&f, 16, 5);

	CHECK(reads(e, 9 * CHUNK_SIZE + 5, 10) == 0);
	CHECK(reads(e, 2 * CHUNK_SIZE + 5, 10) == 0);
	CHECK(reads(e, 6 * CHUNK_SIZE + 5, 10) == 0);
	CHECK(f.started == 3);
	engine_free(e);
}

static void *
cancel_soon(void *arg)
{
	(void)arg;
	usleep(200000);
	cancel = true;
	return NULL;
}

static void
test_cancelled_under_silence(void)
{
	struct fake f;
	struct engine *e = start(&f, 4, 3600);
	int64_t begun = clock_ms();
	pthread_t thread;

	f.silent = 1;
	pthread_create(&thread, NULL, cancel_soon, NULL);
	CHECK(reads(e, 0, 10) == ESHUTDOWN);
	CHECK(clock_ms() - begun < 1000);
	pthread_join(thread, NULL);
	engine_free(e);
}

struct random_reader {
	struct engine *e;
	unsigned seed;
};

static void *
read_at_random(void *arg)
{
	struct random_reader *r = arg;
	uint64_t offset;
	unsigned i;

	for (i = 0; i < 200; i++) {
		offset = (uint64_t)rand_r(&r->seed) % (IMAGE_SIZE - 70000);
		CHECK(
		    reads(r->e, offset, (size_t)rand_r(&r->seed) % 70000) == 0);
	}
	return NULL;
}

static void
test_many_readers(void)
{
	struct fake f;
	struct engine *e = start(&f, 4, 30);
	struct random_reader readers[8];
	pthread_t threads[8];
	unsigned i;

	f.faults = 50;
	for (i = 0; i < 8; i++) {
		readers[i] = (struct random_reader){e, i};
		pthread_create(&threads[i], NULL, read_at_random, &readers[i]);
	}
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	CHECK(f.most <= CONNECTIONS);
	engine_free(e);
}

static void
test_warm_and_prefetch(void)
{
	struct engine_config config = {
	    .cache = 8 * (uint64_t)CHUNK_SIZE,
	    .connections = CONNECTIONS,
	    .outage_limit = 5,
	    .cancelled = is_cancelled,
	    .log = count_line,
	    .note = count_line,
	    .tell = look_for_down,
	};
	unsigned char *first = malloc(CHUNK_SIZE);
	struct fake f = {.source = {&fake_ops,
			     {.size = IMAGE_SIZE, .connections = CONNECTIONS}}};
	struct engine *e;
	int64_t begun;
	size_t i;

	for (i = 0; i < CHUNK_SIZE; i++)
		first[i] = byte_at(i);
	CHECK(pipe(f.wake) == 0);
	e = engine_new(&config, &f.source);
	engine_warm(e, first, CHUNK_SIZE);
	CHECK(engine_start(e) == 0);
	/* One byte less than a chunk, so that the read does not count as a
	 * stream. */
	CHECK(reads(e, 1, CHUNK_SIZE - 1) == 0 && f.started == 0);
	engine_prefetch(e, CHUNK_SIZE, 4 * CHUNK_SIZE);
	begun = clock_ms();
	while (f.fetched < CHUNK_SIZE && clock_ms() - begun < 5000)
		usleep(1000);
	CHECK(f.started == 1);
	CHECK(reads(e, 4 * CHUNK_SIZE + 1, CHUNK_SIZE - 1) == 0 &&
	      f.started == 1);
	engine_free(e);
	free(first);
}

int
main(void)
{
	restore_content();
	test_right_bytes();
	test_each_chunk_once();
	test_random_reads_fetch_no_more();
	test_cancelled_under_silence();
	test_many_readers();
	test_warm_and_prefetch();
	return check_status();
}
