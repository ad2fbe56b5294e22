/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a reader does: it finds its blocks in the cache, or requests them and
 * waits.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/readahead-plan.h"
#include "engine/request.h"

/* A part of a read: some bytes of one chunk. */
struct part {
	uint64_t chunk;
	size_t from, len;		 /* bytes of the chunk */
	unsigned first, end;		 /* the blocks that they touch */
	bool is_stream;			 /* a stream reads it */
	struct readahead_stream *stream; /* valid until the lock is released */
};

static bool
is_here(const struct slot *s, const struct part *p)
{
	return blocks_are_all_set(&s->have, p->first, p->end);
}

/* Returns the slot of a part's chunk, pinned; NULL with errno. */
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
		p->stream = NULL; /* it may change meanwhile */
		return engine_claim(e, p->chunk);
	}
	s->pins++;
	return s;
}

/* Returns the block at which the reader's request ends. */
static unsigned
reach(const struct engine *e, const struct slot *s, const struct part *p)
{
	uint64_t size = engine_miss_size(e, p->is_stream);
	unsigned end = p->first + (unsigned)(size / BLOCK_SIZE);

	if (end > slot_blocks(s))
		end = slot_blocks(s);
	if (end < p->end)
		end = p->end;
	return blocks_find_present(&s->have, &s->coming, p->end, end);
}

/*
 * Request the missing blocks of a part. Returns false if there are too many
 * requests already.
 */
static bool
demand(struct engine *e, struct slot *s, struct part *p)
{
	uint64_t base = s->chunk * CHUNK_SIZE, to;

	if (blocks_find_absent(&s->have, &s->coming, p->first, p->end) ==
	    p->end) {
		if (p->stream != NULL) /* read ahead too late */
			readahead_stalled(&e->readahead, p->stream);
		return true;
	}
	to = base + (uint64_t)reach(e, s, p) * BLOCK_SIZE;
	if (!p->is_stream) {
		e->random_before = e->last_random;
		e->last_random = clock_ms();
	}
	if (p->stream != NULL) {
		/* The blocks after `to` were not requested, or were evicted. */
		p->stream->ahead = to;
		if (cache_was_passed(&e->cache, p->chunk))
			p->stream->again = true;
	}
	return engine_ask(e, base + (uint64_t)p->first * BLOCK_SIZE, to, true);
}

/* Wait until a part is cached. Returns 0 or an errno. */
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
		/*
		 * This read fails now. Its request stays queued, so that a
		 * later read may find the bytes in the cache.
		 */
		if (engine_is_lost(e, s)) {
			error = EIO;
			break;
		}
		fetches_promote(&e->fetches, from, from + p->len);
		if (p->stream != NULL)
			engine_plan_ahead(e, p->stream);
		p->stream = NULL;
		e->source->ops->wake(e->source);
		engine_wait_slice(e, asked ? &w.woken : &e->slot_freed);
	}
	TAILQ_REMOVE(&s->waiters, &w, entry);
	pthread_cond_destroy(&w.woken);
	return error;
}

/* Read a part, and wait for it if needed. Returns 0 or an errno. */
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
			engine_plan_ahead(e, p->stream);
	}
	if (error == 0) {
		e->stats.read += p->len;
		if (e->told_all) {
			e->told_all = false;
			e->source->ops->wake(e->source); /* to report it */
		}
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
	/* A read across two chunks waits for each in turn: request both now, so
	 * that their transfers run at the same time. */
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
