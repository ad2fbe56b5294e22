/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The engine above a source that exists only here: its image is a function
 * of the offset, and it fails when it is told to.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "check.h"
#include "base/clock.h"
#include "engine/engine.h"

#define CONNECTIONS 4
#define PIECE	    50000 /* bytes at a time: no divisor of a chunk */
#define IMAGE_SIZE  (11 * (uint64_t)CHUNK_SIZE + 12345)

struct fake {
	struct source source;
	struct transfer *transfers[CONNECTIONS];
	size_t got[CONNECTIONS];
	int wake[2];
	/* What the tests set, before they read. */
	_Atomic int faults; /* so many transfers fail half-way */
	_Atomic int silent; /* nothing comes at all */
	_Atomic int dead;   /* every transfer fails at once */
	_Atomic int lies;   /* so many say half-way that all has come */
	_Atomic enum fault_kind kind;
	_Atomic uint64_t reading;   /* where the next read ends */
	_Atomic uint64_t bad_chunk; /* every transfer of it fails; 0: of none */
	/* What they look at. */
	_Atomic unsigned started, ahead; /* transfers; beyond that end */
	_Atomic uint64_t fetched;
	_Atomic unsigned writes, flushes; /* that were done */
	unsigned most;
};

/* What the server has; reads of the tests expect what byte_at() says. */
static unsigned char content[IMAGE_SIZE];

static _Atomic bool cancel;
static _Atomic unsigned logged;

static unsigned char
byte_at(uint64_t offset)
{
	return (unsigned char)((offset * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static void
fake_start(struct source *s, struct transfer *t)
{
	struct fake *f = (struct fake *)s;
	unsigned i = 0, busy = 1;

	CHECK(t->kind == TRANSFER_FLUSH ||
	      (t->length > 0 && t->offset + t->length <= IMAGE_SIZE));
	while (i < CONNECTIONS && f->transfers[i] != NULL)
		i++;
	if (i == CONNECTIONS)
		abort(); /* more at once than was agreed */
	f->transfers[i] = t;
	f->got[i] = 0;
	f->started++;
	f->ahead += t->offset >= f->reading;
	for (i = 0; i < CONNECTIONS; i++)
		busy += f->transfers[i] != NULL;
	if (busy - 1 > f->most)
		f->most = busy - 1;
}

/* Take n bytes of the write i, or do the flush. */
static void
fake_write(struct fake *f, unsigned i, size_t n)
{
	struct transfer *t = f->transfers[i];

	if (n > 0)
		memcpy(content + t->offset + f->got[i],
		    (const char *)t->bytes + f->got[i], n);
	f->got[i] += n;
	if (f->got[i] < t->length)
		return;
	f->writes += t->kind == TRANSFER_WRITE;
	f->flushes += t->kind == TRANSFER_FLUSH;
	f->transfers[i] = NULL;
	t->done(t, NULL);
}

/* Move transfer i by one piece, or end it. */
static void
fake_move(struct fake *f, unsigned i)
{
	struct fault fault = {f->kind, EX_IOERR, 0, "told to fail"};
	struct transfer *t = f->transfers[i];
	unsigned char piece[PIECE];
	size_t n = t->length - f->got[i];

	if (f->bad_chunk != 0 && t->offset / CHUNK_SIZE == f->bad_chunk) {
		f->transfers[i] = NULL;
		t->done(t, &fault);
		return;
	}
	if (f->dead || (f->faults > 0 && f->got[i] > 0)) {
		f->faults -= !f->dead;
		f->transfers[i] = NULL;
		t->done(t, &fault);
		return;
	}
	if (f->lies > 0 && f->got[i] > 0) {
		f->lies--;
		f->transfers[i] = NULL;
		t->done(t, NULL);
		return;
	}
	if (n > PIECE)
		n = PIECE;
	if (t->kind != TRANSFER_READ) {
		fake_write(f, i, n);
		return;
	}
	memcpy(piece, content + t->offset + f->got[i], n);
	f->got[i] += n;
	f->fetched += n;
	t->data(t, piece, n);
	if (f->got[i] == t->length) {
		f->transfers[i] = NULL;
		t->done(t, NULL);
	}
}

static void
fake_poll(struct source *s, int timeout_ms)
{
	struct fake *f = (struct fake *)s;
	struct pollfd p = {f->wake[0], POLLIN, 0};
	unsigned i, busy = 0;
	char drop[64];

	for (i = 0; i < CONNECTIONS && !f->silent; i++) {
		if (f->transfers[i] == NULL)
			continue;
		busy++;
		fake_move(f, i);
	}
	if (f->silent && timeout_ms > 50)
		timeout_ms = 50; /* to see when it is over */
	if (poll(&p, 1, busy > 0 ? 0 : timeout_ms) == 1)
		CHECK(read(f->wake[0], drop, sizeof(drop)) > 0);
}

static void
fake_wake(struct source *s)
{
	CHECK(write(((struct fake *)s)->wake[1], "", 1) == 1);
}

static void
fake_close(struct source *s)
{
	struct fake *f = (struct fake *)s;

	close(f->wake[0]);
	close(f->wake[1]);
}

static const struct source_ops fake_ops = {
    .start = fake_start,
    .poll = fake_poll,
    .wake = fake_wake,
    .close = fake_close,
};

static bool
is_cancelled(void)
{
	return cancel;
}

static void
count_line(const char *line)
{
	(void)line;
	logged++;
}

static _Atomic unsigned told_down;

static void
look_for_down(const char *stats)
{
	told_down += strstr(stats, "\"source\": \"down\"") != NULL;
}

static struct engine *
start(struct fake *f, unsigned slots, unsigned outage)
{
	struct engine_config config = {
	    .cache = slots * (uint64_t)CHUNK_SIZE,
	    .connections = CONNECTIONS,
	    .outage_limit = outage,
	    .cancelled = is_cancelled,
	    .log = count_line,
	    .note = count_line,
	    .tell = look_for_down,
	};
	struct engine *e;

	memset(f, 0, sizeof(*f));
	f->source.ops = &fake_ops;
	f->source.info.size = IMAGE_SIZE;
	f->source.info.connections = CONNECTIONS;
	CHECK(pipe(f->wake) == 0);
	cancel = false;
	logged = told_down = 0;
	e = engine_new(&config, &f->source);
	CHECK(e != NULL && engine_start(e) == 0);
	return e;
}

/* Read a range and compare it. Returns 0 or the errno. */
static int
reads(struct engine *e, uint64_t offset, size_t len)
{
	unsigned char *buf = malloc(len);
	int error = 0;
	size_t i;

	if (engine_read(e, buf, len, offset) == -1)
		error = errno;
	for (i = 0; error == 0 && i < len; i++)
		if (buf[i] != byte_at(offset + i)) {
			CHECK(!"wrong byte");
			error = -1;
		}
	free(buf);
	return error;
}

static void
test_right_bytes(void)
{
	struct fake f;
	struct engine *e = start(&f, 4, 5);

	CHECK(reads(e, 0, 1) == 0);
	CHECK(reads(e, CHUNK_SIZE - 1, 2) == 0);
	CHECK(reads(e, IMAGE_SIZE - 1, 1) == 0);
	/* More at once than the cache holds. */
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

/* A random reader's chunk is fetched, and nothing else. */
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

static void
test_resumes(void)
{
	struct fake f;
	struct engine *e = start(&f, 8, 5);

	f.faults = 20;
	CHECK(reads(e, 0, IMAGE_SIZE) == 0);
	/* What had come before a fault was not asked for again, but blocks. */
	CHECK(f.fetched < IMAGE_SIZE + 20 * BLOCK_SIZE);
	CHECK(f.faults == 0);
	engine_free(e);
}

/* A source that says that all has come, and it has not, is asked again. */
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
	/* From now on at once; what the cache holds is still served. */
	begun = clock_ms();
	CHECK(reads(e, 8 * CHUNK_SIZE, 10) == EIO);
	CHECK(clock_ms() - begun < 200);
	CHECK(reads(e, 0, 10) == 0);
	f.dead = 0;
	/* Back without being asked, within the longest pause. */
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

/* When one of those who wait has been answered, the others need not wait for
 * the end of their own pause. */
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
 * However short the source was down: that reads failed of it is told. The end
 * comes at several moments of the second in which nothing else would be told.
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

/* When it is over, nothing is held against those that failed in it. */
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

/* A proxy that dislikes some bytes, a bad sector: the rest must be had. */
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

	/* More chunks than the cache holds, so that some come all the time. */
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

/* Bytes that no other write has, and where they belong. */
static void
fill(unsigned char *buf, size_t len, unsigned seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = (unsigned char)rand_r(&seed);
}

static void
restore_content(void)
{
	uint64_t i;

	for (i = 0; i < IMAGE_SIZE; i++)
		content[i] = byte_at(i);
}

/* Write at random places of all kinds, and read back what is around them. */
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
		/* The blocks around what was written are right as well. */
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

/* After a write that failed half-way the server knows what is there. */
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

/* A reader sees a write whole or not at all while it copies. */
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
	/* What was given up was not written behind anybody's back. */
	CHECK(f.writes == 1 && content[100] == byte_at(100));
	engine_free(e);
	restore_content();
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
	/* One byte less, so that it is no stream's. */
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
	test_cancelled_under_silence();
	test_many_readers();
	test_write();
	test_failed_write();
	test_many_writers();
	test_no_torn_reads();
	test_write_in_an_outage();
	test_warm_and_prefetch();
	return check_status();
}
