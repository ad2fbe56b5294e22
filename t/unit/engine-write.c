/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How the engine serves writers.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine-fake.h"

/* Fill a buffer with bytes that are different for each seed. */
static void
fill(unsigned char *buf, size_t len, unsigned seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = (unsigned char)rand_r(&seed);
}

/* Write at random places, and read back these places and the bytes around
 * them. */
static void
test_write(void)
{
	static unsigned char buf[3 * CHUNK_SIZE], back[3 * CHUNK_SIZE];
	struct fake f;
	struct engine *e = start(&f, 4, 5);
	unsigned seed = 7, i;
	uint64_t at;
	size_t len;

	for (i = 0; i < 60; i++) {
		len = 1 + (size_t)rand_r(&seed) % (i % 3 ? 9000 : sizeof(buf));
		at = (uint64_t)rand_r(&seed) % (IMAGE_SIZE - len + 1);
		if (i % 4 == 0)
			engine_prefetch(e, len, at);
		if (i % 7 == 0)
			f.faults = 2;
		fill(buf, len, i);
		CHECK(engine_write(e, buf, len, at) == 0);
		CHECK(memcmp(content + at, buf, len) == 0);
		memset(back, 0, len);
		CHECK(engine_read(e, back, len, at) == 0);
		CHECK(memcmp(back, buf, len) == 0);
		/* The blocks around the written bytes are right as well. */
		at = at > 5000 ? at - 5000 : 0;
		len =
		    IMAGE_SIZE - at < len + 9000 ? IMAGE_SIZE - at : len + 9000;
		if (len > sizeof(back))
			len = sizeof(back);
		CHECK(engine_read(e, back, len, at) == 0);
		CHECK(memcmp(back, content + at, len) == 0);
	}
	CHECK(engine_flush(e) == 0 && f.flushes == 1);
	engine_free(e);
	restore_content();
}

static void *
flush(void *arg)
{
	CHECK(engine_flush(arg) == 0);
	return NULL;
}

/* While a flush is under way, another one must not end before the bytes are
 * safe. */
static void
test_two_flushes(void)
{
	static const unsigned char buf[5000] = {1};
	struct fake f;
	struct engine *e = start(&f, 4, 5);
	int64_t begun = clock_ms();
	pthread_t flushers[2];
	unsigned i;

	CHECK(engine_write(e, buf, sizeof(buf), 100) == 0);
	f.started = 0;
	f.silent = 1;
	for (i = 0; i < 2; i++)
		pthread_create(&flushers[i], NULL, flush, e);
	while (f.started < 2 && clock_ms() - begun < 4000)
		usleep(10000);
	CHECK(f.started == 2 && f.flushes == 0);
	f.silent = 0;
	for (i = 0; i < 2; i++)
		pthread_join(flushers[i], NULL);
	CHECK(f.flushes == 2);
	CHECK(engine_flush(e) == 0 && f.flushes == 2);
	engine_free(e);
	restore_content();
}

/* After a write that failed half-way, reads return the server's bytes. */
static void
test_failed_write(void)
{
	static unsigned char buf[3 * PIECE], back[3 * PIECE];
	struct fake f;
	struct engine *e = start(&f, 8, 5);

	CHECK(reads(e, 0, CHUNK_SIZE) == 0);
	fill(buf, sizeof(buf), 1);
	f.kind = FAULT_REQUEST;
	f.faults = 1;
	CHECK(engine_write(e, buf, sizeof(buf), 1000) == -1 && errno == EIO);
	CHECK(engine_read(e, back, sizeof(back), 1000) == 0);
	CHECK(memcmp(back, content + 1000, sizeof(back)) == 0);
	CHECK(memcmp(back, buf, sizeof(back)) != 0);
	engine_free(e);
	restore_content();
}

static void *
write_own_stripe(void *arg)
{
	struct engine *e = arg;
	unsigned char buf[6000], back[6000];
	static _Atomic unsigned next;
	unsigned stripe = next++ % 8, seed = stripe, i;
	uint64_t at;

	for (i = 0; i < 100; i++) {
		/* Stripes of 6000 bytes: neighbours share blocks. */
		at = ((uint64_t)rand_r(&seed) % 100 * 8 + stripe) * 6000;
		fill(buf, sizeof(buf), stripe * 1000 + i);
		CHECK(engine_write(e, buf, sizeof(buf), at) == 0);
		CHECK(engine_read(e, back, sizeof(back), at) == 0);
		CHECK(memcmp(buf, back, sizeof(buf)) == 0);
	}
	return NULL;
}

static void
test_many_writers(void)
{
	struct fake f;
	struct engine *e = start(&f, 4, 30);
	pthread_t threads[8];
	unsigned i;

	f.faults = 30;
	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, write_own_stripe, e);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	engine_free(e);
	restore_content();
}

#define TORN_BLOCK 65536
#define TORN_TIMES 300

/* Write one block again and again, each time all of one byte. */
static void *
write_one_block(void *arg)
{
	static unsigned char bytes[TORN_BLOCK];
	int i;

	for (i = 0; i < TORN_TIMES; i++) {
		memset(bytes, i, sizeof(bytes));
		CHECK(engine_write(arg, bytes, sizeof(bytes), 0) == 0);
	}
	return NULL;
}

/* A read at the same time as a write returns the old bytes or the new, never a
 * mix. */
static void
test_no_torn_reads(void)
{
	unsigned char *got = malloc(TORN_BLOCK);
	struct fake f;
	struct engine *e = start(&f, 4, 5);
	pthread_t writer;
	int i;

	memset(content, 0xff, TORN_BLOCK);
	CHECK(pthread_create(&writer, NULL, write_one_block, e) == 0);
	for (i = 0; i < TORN_TIMES; i++) {
		CHECK(engine_read(e, got, TORN_BLOCK, 0) == 0);
		CHECK(memcmp(got, got + 1, TORN_BLOCK - 1) == 0);
	}
	pthread_join(writer, NULL);
	engine_free(e);
	free(got);
	restore_content();
}

static void
test_write_in_an_outage(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 1);
	unsigned char buf[5000] = {1};
	int64_t begun = clock_ms();

	f.dead = 1;
	CHECK(engine_write(e, buf, sizeof(buf), 100) == -1 && errno == EIO);
	CHECK(clock_ms() - begun >= 1000 && clock_ms() - begun < 5000);
	begun = clock_ms();
	CHECK(engine_write(e, buf, sizeof(buf), 100) == -1 && errno == EIO);
	CHECK(engine_flush(e) == -1 && errno == EIO);
	CHECK(clock_ms() - begun < 200);
	f.dead = 0;
	begun = clock_ms();
	while (engine_write(e, buf, sizeof(buf), 9 * CHUNK_SIZE) != 0 &&
	       clock_ms() - begun < 10000)
		usleep(10000);
	CHECK(clock_ms() - begun < 10000);
	/* The write that failed was not done later. */
	CHECK(f.writes == 1 && content[100] == byte_at(100));
	engine_free(e);
	restore_content();
}

static void *
read_beginning(void *arg)
{
	CHECK(reads(arg, 0, 10) == EIO);
	return NULL;
}

/*
 * A writer that waits for blocks which a reader has requested gives up after
 * the outage limit, too. That also holds for the image's beginning, which the
 * engine requests for ever.
 */
static void
test_write_where_a_read_waits(void)
{
	static unsigned char buf[4096];
	struct fake f;
	struct engine *e = start(&f, 8, 1);
	pthread_t reader;
	int64_t begun = clock_ms();

	f.dead = 1;
	CHECK(pthread_create(&reader, NULL, read_beginning, e) == 0);
	while (f.started == 0 && clock_ms() - begun < 10000)
		usleep(1000);
	CHECK(engine_write(e, buf, sizeof(buf), 0) == -1 && errno == EIO);
	CHECK(clock_ms() - begun < 8000);
	pthread_join(reader, NULL);
	engine_free(e);
}

int
main(void)
{
	restore_content();
	test_write();
	test_two_flushes();
	test_failed_write();
	test_many_writers();
	test_no_torn_reads();
	test_write_in_an_outage();
	test_write_where_a_read_waits();
	return check_status();
}
