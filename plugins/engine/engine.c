/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The readers' part of the engine, and its beginning and end. What is asked
 * of the source, and when, is in fetcher.c; writing, in write.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "engine/state.h"
#include "base/secret.h"

#define WAIT_SLICE_MS 250 /* between two looks at `cancelled` */
#define SPARE_FETCHES 64  /* ranges queued, beyond two for each connection */
#define KIB	      1024
#define MIB	      (1024 * 1024)

/*
 * Of the windows of read-ahead: bytes; and the milliseconds of the way's rate
 * that they shall hold, beyond its latencies.
 */
#define FIRST_MIN   (256 * KIB)
#define FIRST_MAX   (8 * MIB)
#define MOST_MIN    (4 * MIB)
#define FIRST_AHEAD 100
#define MOST_AHEAD  1000
/* Of a range that is asked for ahead of need. */
#define UNIT_MIN (256 * KIB)
#define UNIT_MAX (6 * MIB)
#define UNIT_MS	 500 /* of one connection's rate */
/* Of what a random read asks for. */
#define RANDOM_MIN (64 * KIB)

void
engine_wait_slice(struct engine *e, pthread_cond_t *cond)
{
	int64_t end = clock_ms() + WAIT_SLICE_MS;
	struct timespec t = {end / 1000, end % 1000 * 1000000};

	pthread_cond_timedwait(cond, &e->lock, &t);
}

int
engine_refusal(const struct engine *e)
{
	if (e->stopping || e->config.cancelled())
		return ESHUTDOWN;
	return e->changed ? EIO : 0;
}

static uint64_t
clamp(double x, uint64_t min, uint64_t max)
{
	if (x > (double)max)
		x = (double)max;
	return x < (double)min ? min : (uint64_t)x;
}

/* --- read-ahead -------------------------------------------------------- */

void
engine_tune(struct engine *e)
{
	const struct meter *m = &e->meter;
	double first = m->rate * (FIRST_AHEAD + 2 * m->latency) / 1e3;
	double most = m->total * (MOST_AHEAD + 4 * m->latency) / 1e3;
	uint64_t least =
	    e->ahead_budget < MOST_MIN ? e->ahead_budget : MOST_MIN;

	readahead_set_windows(&e->readahead, clamp(first, FIRST_MIN, FIRST_MAX),
	    clamp(most, least, e->ahead_budget));
}

/* How much to ask for at once where the rate is limited; else no limit. */
static uint64_t
limit_of(const struct engine *e)
{
	return e->config.limit_rate > 0 ? e->config.limit_rate * UNIT_MS / 1000
					: UINT64_MAX;
}

/*
 * How much to ask for at once ahead of a stream: all connections shall have
 * a share of its window, and none be busy for long should a reader turn up
 * that wants something else.
 */
static uint64_t
unit_of(const struct engine *e, const struct readahead_stream *stream)
{
	double busy = e->meter.rate * UNIT_MS / 1e3;
	double part = (double)stream->window / e->config.connections;
	double limit = (double)limit_of(e);
	uint64_t unit;

	if (part > busy)
		part = busy;
	if (part > limit)
		part = limit;
	unit = clamp(part, UNIT_MIN, UNIT_MAX);
	return unit < stream->window ? unit : stream->window;
}

/*
 * How far to read ahead of [from, to). Where another has passed already, the
 * stream will hardly go: several readers that share an image stop there.
 */
static uint64_t
stop_of(const struct engine *e, const struct readahead_stream *stream,
    uint64_t from, uint64_t to)
{
	uint64_t chunk;

	for (chunk = from / CHUNK_SIZE; chunk * CHUNK_SIZE < to; chunk++)
		if (!stream->again && cache_was_passed(&e->cache, chunk)) {
			to = chunk * CHUNK_SIZE;
			break;
		}
	return to > from ? to : from;
}

/* Ask for what the stream should have ahead of it. */
static void
plan_ahead(struct engine *e, struct readahead_stream *stream)
{
	uint64_t unit = unit_of(e, stream), from, to, stop;
	bool asked = false;

	if (engine_is_down(e))
		return;
	while (e->fetches.ahead_bytes + unit <= e->ahead_budget &&
	       readahead_next(stream, unit, e->source->info.size, &from, &to)) {
		stop = stop_of(e, stream, from, to);
		asked = asked || stop > from;
		if (engine_ask(e, from, stop, false) && stop == to)
			continue;
		stream->ahead = from; /* not all of it: later */
		break;
	}
	if (asked)
		e->source->ops->wake(e->source);
}

/* --- reading ----------------------------------------------------------- */

/* A part of a read: some bytes of one chunk. */
struct part {
	uint64_t chunk;
	size_t from, len;		 /* bytes of the chunk */
	unsigned first, end;		 /* the blocks that they touch */
	bool is_stream;			 /* it belongs to one */
	struct readahead_stream *stream; /* until the lock is given back */
};

static bool
is_here(const struct slot *s, const struct part *p)
{
	return blocks_are_all_set(&s->have, p->first, p->end);
}

struct slot *
engine_claim(struct engine *e, uint64_t chunk)
{
	struct slot *s;

	for (;;) {
		errno = engine_refusal(e);
		if (errno == 0 && engine_is_down(e))
			errno = EIO;
		if (errno != 0)
			return NULL;
		s = cache_claim(&e->cache, chunk, clock_ms(), false);
		if (s != NULL) {
			s->pins++;
			return s;
		}
		engine_wait_slice(e, &e->slot_freed);
	}
}

/* The slot of a part's chunk, pinned; NULL with errno. */
static struct slot *
want_slot(struct engine *e, struct part *p)
{
	struct slot *s = cache_find(&e->cache, p->chunk);

	errno = engine_refusal(e);
	if (errno != 0)
		return NULL;
	if (s != NULL && is_here(s, p)) {
		s->pins++;
		return s;
	}
	if (engine_is_down(e)) {
		e->refused = p->chunk * CHUNK_SIZE + p->from;
		errno = EIO;
		return NULL;
	}
	s = cache_claim(&e->cache, p->chunk, clock_ms(), false);
	if (s == NULL) {
		p->stream = NULL; /* others may come while this one waits */
		return engine_claim(e, p->chunk);
	}
	s->pins++;
	return s;
}

/*
 * How far to read on behind what a reader misses. The rest of the chunk, if
 * it is a stream's; else what comes in the time that asking took anyway.
 */
static unsigned
reach(const struct engine *e, const struct slot *s, const struct part *p)
{
	uint64_t more = CHUNK_SIZE;
	unsigned end;

	if (!p->is_stream)
		more = clamp(e->meter.rate * e->meter.latency / 1e3, RANDOM_MIN,
		    CHUNK_SIZE);
	if (more > limit_of(e))
		more = limit_of(e);
	end = p->first + (unsigned)(more / BLOCK_SIZE);
	if (end > slot_blocks(s))
		end = slot_blocks(s);
	if (end < p->end)
		end = p->end;
	return blocks_find_present(&s->have, &s->coming, p->end, end);
}

/*
 * See to it that what is missing of a part comes as soon as it can. False
 * where too much was asked for already.
 */
static bool
demand(struct engine *e, struct slot *s, struct part *p)
{
	uint64_t base = s->chunk * CHUNK_SIZE, to;

	if (blocks_find_absent(&s->have, &s->coming, p->first, p->end) ==
	    p->end) {
		if (p->stream != NULL) /* it was asked for too late */
			readahead_stalled(&e->readahead, p->stream);
		return true;
	}
	to = base + (uint64_t)reach(e, s, p) * BLOCK_SIZE;
	if (!p->is_stream) {
		e->random_before = e->last_random;
		e->last_random = clock_ms();
	}
	if (p->stream != NULL) {
		/* What was planned behind it was dropped, or never was. */
		p->stream->ahead = to;
		if (cache_was_passed(&e->cache, p->chunk))
			p->stream->again = true;
	}
	return engine_ask(e, base + (uint64_t)p->first * BLOCK_SIZE, to, true);
}

/* Wait until a part is here. Returns 0 or an errno. */
static int
wait_for(struct engine *e, struct slot *s, struct part *p)
{
	struct waiter w = {.from = p->first, .to = p->end};
	uint64_t from = s->chunk * CHUNK_SIZE + p->from;
	bool asked;
	int error;

	pthread_cond_init(&w.woken, &e->monotonic);
	TAILQ_INSERT_TAIL(&s->waiters, &w, entry);
	for (;;) {
		error = w.error != 0 ? w.error : engine_refusal(e);
		if (error != 0 || is_here(s, p))
			break;
		asked = demand(e, s, p);
		/* Fails at once; what was asked for now may be there later. */
		if (engine_is_lost(e, s)) {
			error = EIO;
			break;
		}
		fetches_promote(&e->fetches, from, from + p->len);
		if (p->stream != NULL)
			plan_ahead(e, p->stream);
		p->stream = NULL;
		e->source->ops->wake(e->source);
		engine_wait_slice(e, asked ? &w.woken : &e->slot_freed);
	}
	TAILQ_REMOVE(&s->waiters, &w, entry);
	pthread_cond_destroy(&w.woken);
	return error;
}

/* Read a part, which may take its time. Returns 0 or an errno. */
static int
read_part(struct engine *e, void *buf, struct part *p)
{
	struct slot *s = want_slot(e, p);
	int error = 0;

	if (s == NULL)
		return errno;
	if (!is_here(s, p)) {
		e->stats.misses++;
		error = wait_for(e, s, p);
	} else {
		e->stats.hits++;
		if (p->stream != NULL)
			plan_ahead(e, p->stream);
	}
	if (error == 0) {
		e->stats.read += p->len;
		s->copying++;
		pthread_mutex_unlock(&e->lock);
		memcpy(buf, cache_bytes(&e->cache, s) + p->from, p->len);
		pthread_mutex_lock(&e->lock);
		if (--s->copying == 0)
			pthread_cond_broadcast(&e->slot_freed);
		if (p->is_stream)
			cache_touch_stream(
			    &e->cache, s, p->from + p->len == s->length);
		else
			cache_touch(&e->cache, s);
	}
	engine_unpin(e, s);
	return error;
}

int
engine_read(struct engine *e, void *buf, size_t len, uint64_t offset)
{
	unsigned char *out = buf;
	uint64_t end = offset + len;
	struct part p;
	int error = 0;

	if (len == 0)
		return 0;
	pthread_mutex_lock(&e->lock);
	/* Two chunks are two ranges, but need not be two round trips. */
	if (len <= CHUNK_SIZE &&
	    offset / CHUNK_SIZE != (end - 1) / CHUNK_SIZE &&
	    engine_refusal(e) == 0 && !engine_is_down(e))
		engine_ask(e, offset, end, true);
	for (; offset < end && error == 0; offset += p.len, out += p.len) {
		p.chunk = offset / CHUNK_SIZE;
		p.from = offset % CHUNK_SIZE;
		p.len = CHUNK_SIZE - p.from;
		if (p.len > end - offset)
			p.len = (size_t)(end - offset);
		p.first = (unsigned)(p.from / BLOCK_SIZE);
		p.end =
		    (unsigned)((p.from + p.len + BLOCK_SIZE - 1) / BLOCK_SIZE);
		p.stream = readahead_touch(&e->readahead, offset, end);
		p.is_stream = p.stream->window > 0;
		error = read_part(e, out, &p);
	}
	pthread_mutex_unlock(&e->lock);
	errno = error;
	return error == 0 ? 0 : -1;
}

void
engine_prefetch(struct engine *e, uint64_t len, uint64_t offset)
{
	uint64_t room;

	pthread_mutex_lock(&e->lock);
	room = e->ahead_budget - e->fetches.ahead_bytes;
	if (!e->changed && !engine_is_down(e) &&
	    e->fetches.ahead_bytes < e->ahead_budget)
		engine_ask(
		    e, offset, offset + (len < room ? len : room), false);
	e->source->ops->wake(e->source);
	pthread_mutex_unlock(&e->lock);
}

void
engine_renew(struct engine *e, const char *url)
{
	char *copy = strdup(url);

	pthread_mutex_lock(&e->lock);
	secret_free(e->renewal);
	e->renewal = copy;
	pthread_mutex_unlock(&e->lock);
	e->source->ops->wake(e->source);
}

/* --- beginning and end ------------------------------------------------- */

void
engine_warm(struct engine *e, const void *bytes, size_t len)
{
	struct slot *s = cache_claim(&e->cache, 0, 0, false);

	if (s->length != len)
		return;
	memcpy(cache_bytes(&e->cache, s), bytes, len);
	blocks_set(&s->have, 0, slot_blocks(s));
	stats_fetched(&e->stats, 0, len);
}

struct engine *
engine_new(const struct engine_config *config, struct source *source)
{
	const struct source_info *info = &source->info;
	uint64_t slots = config->cache / CHUNK_SIZE;
	struct engine *e = NULL;

	errno = EINVAL;
	if (slots < 4 || slots > UINT32_MAX || config->connections < 1 ||
	    info->connections < 1)
		goto fail;
	e = calloc(1, sizeof(*e));
	if (e == NULL ||
	    cache_init(&e->cache, (uint32_t)slots, info->size) == -1 ||
	    fetches_init(
		&e->fetches, 2 * config->connections + SPARE_FETCHES, e) == -1)
		goto fail;
	e->config = *config;
	if (e->config.connections > info->connections)
		e->config.connections = info->connections;
	e->source = source;
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&e->monotonic);
	pthread_condattr_setclock(&e->monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&e->slot_freed, &e->monotonic);
	e->seed = (unsigned)clock_us();
	/* The rest is for what was read, and for those who read at random. */
	e->ahead_budget = slots * CHUNK_SIZE / 4 * 3;
	meter_init(&e->meter, info->round_trip, info->rate, clock_ms());
	readahead_init(&e->readahead);
	engine_tune(e);
	stats_init(&e->stats, info->size, clock_ms());
	return e;
fail:
	if (e != NULL)
		cache_destroy(&e->cache);
	free(e);
	source->ops->close(source);
	return NULL;
}

int
engine_start(struct engine *e)
{
	errno = pthread_create(&e->thread, NULL, engine_fetch_thread, e);
	e->started = errno == 0;
	return e->started ? 0 : -1;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	if (e->started) {
		pthread_mutex_lock(&e->lock);
		e->stopping = true;
		pthread_mutex_unlock(&e->lock);
		e->source->ops->wake(e->source);
		pthread_join(e->thread, NULL);
	}
	e->source->ops->close(e->source);
	secret_free(e->renewal);
	fetches_destroy(&e->fetches);
	cache_destroy(&e->cache);
	pthread_cond_destroy(&e->slot_freed);
	pthread_condattr_destroy(&e->monotonic);
	pthread_mutex_destroy(&e->lock);
	free(e);
}
