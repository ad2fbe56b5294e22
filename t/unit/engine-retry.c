/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the engine does about faults and outages of its source.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine-fake.h"

static void
test_resumes(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 5);

	f.faults = 20;
	CHECK(reads(e, 0, IMAGE_SIZE) == 0);
	/* After a fault, at most the block in which the transfer broke off is
	 * fetched twice. */
	CHECK(f.fetched < IMAGE_SIZE + 20 * BLOCK_SIZE);
	CHECK(f.faults == 0);
	engine_free(e);
}

/* If a source says too early that all has arrived, it is asked for the rest. */
static void
test_end_before_the_end(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 5);

	f.lies = 5;
	CHECK(reads(e, 0, IMAGE_SIZE) == 0);
	CHECK(f.lies == 0);
	engine_free(e);
}

static void
test_outage(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 1);
	int64_t begun;

	CHECK(reads(e, 0, CHUNK_SIZE) == 0);
	f.dead = 1;
	begun = clock_ms();
	CHECK(reads(e, 5 * CHUNK_SIZE, 10) == EIO);
	CHECK(clock_ms() - begun >= 1000 && clock_ms() - begun < 5000);
	/* From now on reads fail at once; the cache is still served. */
	begun = clock_ms();
	CHECK(reads(e, 8 * CHUNK_SIZE, 10) == EIO);
	CHECK(clock_ms() - begun < 200);
	CHECK(reads(e, 0, 10) == 0);
	f.dead = 0;
	/* The engine notices by itself that the source is back, within its
	 * longest pause. */
	begun = clock_ms();
	while (reads(e, 10 * CHUNK_SIZE, 10) != 0 && clock_ms() - begun < 10000)
		usleep(10000);
	CHECK(clock_ms() - begun < 10000);
	engine_free(e);
}

struct patient {
	pthread_t thread;
	struct engine *e;
	uint64_t chunk;
	int64_t answered;
};

static void *
read_patiently(void *arg)
{
	struct patient *p = arg;

	CHECK(reads(p->e, p->chunk * CHUNK_SIZE, 10) == 0);
	p->answered = clock_ms();
	return NULL;
}

/* When one waiting reader is served, the others must not wait for the end of
 * their own pause. */
static void
test_back_for_all(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 25);
	struct patient p[6];
	int64_t first = INT64_MAX, last = 0;
	unsigned i;

	f.dead = 1;
	for (i = 0; i < 6; i++) {
		p[i] = (struct patient){.e = e, .chunk = 2 * i};
		pthread_create(&p[i].thread, NULL, read_patiently, &p[i]);
	}
	usleep(5000000);
	f.dead = 0;
	for (i = 0; i < 6; i++) {
		pthread_join(p[i].thread, NULL);
		first = p[i].answered < first ? p[i].answered : first;
		last = p[i].answered > last ? p[i].answered : last;
	}
	CHECK(last - first < 400);
	engine_free(e);
}

struct failing {
	struct engine *e;
	uint64_t chunk;
};

static void *
read_failing(void *arg)
{
	const struct failing *r = arg;

	CHECK(reads(r->e, r->chunk * CHUNK_SIZE, 10) == EIO);
	return NULL;
}

/*
 * Reads failed because the source was down: that is reported, even if the
 * outage was short. The outage ends at different moments of the second in which
 * nothing else would be reported.
 */
static void
test_short_outage_is_told(void)
{
	struct fake f;
	struct engine *e;
	int64_t begun;
	unsigned i;

	for (i = 0; i < 3; i++) {
		e = start(&f, 8, 1);
		CHECK(reads(e, 0, 10) == 0);
		usleep(300000 * i);
		f.dead = 1;
		CHECK(reads(e, CHUNK_SIZE, 10) == EIO);
		f.dead = 0;
		begun = clock_ms();
		while (reads(e, 2 * CHUNK_SIZE, 10) != 0 &&
		       clock_ms() - begun < 10000)
			usleep(10000);
		CHECK(told_down > 0);
		engine_free(e);
	}
}

/* After an outage, the chunks that failed in it can be read. */
static void
test_after_an_outage(void)
{
	struct fake f;
	struct engine *e = start(&f, 16, 1);
	struct failing readers[3];
	pthread_t threads[3];
	uint64_t i;
	int64_t begun;

	f.dead = 1;
	for (i = 0; i < 3; i++) {
		readers[i] = (struct failing){e, i + 1};
		pthread_create(&threads[i], NULL, read_failing, &readers[i]);
	}
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	f.dead = 0;
	begun = clock_ms();
	while (reads(e, 10 * CHUNK_SIZE, 10) != 0 && clock_ms() - begun < 10000)
		usleep(10000);
	for (i = 1; i < 4; i++)
		CHECK(reads(e, i * CHUNK_SIZE, 10) == 0);
	engine_free(e);
}

/* One chunk is bad (because of a proxy, or a bad sector): the others can still
 * be read. */
static void
test_one_bad_chunk(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 1);
	int64_t begun = clock_ms();

	f.bad_chunk = 5;
	CHECK(reads(e, 5 * CHUNK_SIZE, 10) == EIO);
	CHECK(clock_ms() - begun >= 1000 && clock_ms() - begun < 5000);
	begun = clock_ms();
	while (reads(e, 8 * CHUNK_SIZE, 10) != 0 && clock_ms() - begun < 20000)
		usleep(10000);
	CHECK(clock_ms() - begun < 20000);
	engine_free(e);
}

static void *
read_others(void *arg)
{
	struct engine *e = arg;
	uint64_t i;

	/* More chunks than the cache holds, so that chunks are fetched all the
	 * time. */
	for (i = 0; !cancel; i = (i + 1) % 10)
		reads(e, (i < 5 ? i : i + 1) * CHUNK_SIZE, 10);
	return NULL;
}

static void
test_one_bad_chunk_among_good(void)
{
	struct fake f;
	struct engine *e = start(&f, 4, 1);
	pthread_t others;
	int64_t begun = clock_ms();

	f.bad_chunk = 5;
	CHECK(pthread_create(&others, NULL, read_others, e) == 0);
	CHECK(reads(e, 5 * CHUNK_SIZE, 10) == EIO);
	CHECK(clock_ms() - begun < 10000);
	cancel = true;
	pthread_join(others, NULL);
	cancel = false;
	engine_free(e);
}

static void
test_refusal_is_told_at_once(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 60);

	f.kind = FAULT_REQUEST;
	f.faults = 1;
	CHECK(reads(e, 5 * CHUNK_SIZE, CHUNK_SIZE) == EIO);
	CHECK(logged == 1);
	CHECK(reads(e, 5 * CHUNK_SIZE, CHUNK_SIZE) == 0);
	engine_free(e);
}

static void
test_changed_is_for_good(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 60);

	CHECK(reads(e, 0, 10) == 0);
	f.kind = FAULT_CHANGED;
	f.faults = 1;
	CHECK(reads(e, 5 * CHUNK_SIZE, CHUNK_SIZE) == EIO);
	CHECK(reads(e, 0, 10) == EIO);
	CHECK(reads(e, 8 * CHUNK_SIZE, 10) == EIO);
	CHECK(logged == 1);
	engine_free(e);
}

/*
 * A server asks for a pause of a minute: it is asked again within the time that
 * a reader waits. Meanwhile the state is `waiting`, and the reason is reported.
 */
static void
test_long_pause(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 6);
	int64_t begun;

	/* Read all that is requested, so that no transfer is under way. */
	CHECK(reads(e, 0, 65536) == 0);
	f.retry_after = 60;
	f.faults = 1;
	begun = clock_ms();
	CHECK(reads(e, 5 * CHUNK_SIZE, 65536) == 0);
	CHECK(clock_ms() - begun >= 1900);
	CHECK(told_waiting > 0 && logged > 0);
	engine_free(e);
}

/* The report that the source is down got lost: it is sent again. */
static void
test_lost_report(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 1);
	int64_t begun = clock_ms();

	drop_down = 1;
	f.dead = 1;
	CHECK(reads(e, CHUNK_SIZE, 10) == EIO);
	while (told_down == 0 && clock_ms() - begun < 10000)
		usleep(10000);
	CHECK(drop_down == 0 && told_down > 0);
	engine_free(e);
}

/* While nothing happens, the fetch thread sleeps. The next read is reported
 * soon. */
static void
test_idle(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 5);
	unsigned polls, reports;
	int64_t begun;

	CHECK(reads(e, 0, 10) == 0);
	usleep(4000000); /* until the rate is 0 */
	polls = f.polls;
	usleep(2500000);
	CHECK(f.polls <= polls + 1);
	reports = told;
	CHECK(reads(e, 0, 10) == 0);
	begun = clock_ms();
	while (told == reports && clock_ms() - begun < 10000)
		usleep(10000);
	CHECK(told > reports);
	engine_free(e);
}

int
main(void)
{
	restore_content();
	test_resumes();
	test_end_before_the_end();
	test_outage();
	test_back_for_all();
	test_short_outage_is_told();
	test_after_an_outage();
	test_one_bad_chunk();
	test_one_bad_chunk_among_good();
	test_refusal_is_told_at_once();
	test_changed_is_for_good();
	test_long_pause();
	test_lost_report();
	test_idle();
	return check_status();
}
