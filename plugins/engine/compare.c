/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/compare.h"
#include "engine/retry.h"

#define FIRST_BYTES (64 * 1024)
#define RANGES_MAX  128
#define COMPARE_MS  2000
#define COMPARE_MIN (1024 * 1024) /* bytes, even if the source is slow */
#define ROUNDS_MAX  10 /* doubts in a row, without a byte read between */
#define IDLE_MS	    10000

/* A range whose bytes are known. */
struct range {
	struct transfer transfer;
	struct engine *engine;
	uint64_t offset, end;	   /* what is still to be compared */
	const unsigned char *have; /* the bytes from offset on */
	struct slot *slot;	   /* their slot, pinned; NULL: compare.first */
	bool running;
	unsigned tries; /* failures in a row */
	int64_t retry_at, started;
};

struct compare {
	bool doubt;
	unsigned rounds;  /* doubts since the last byte of a normal read */
	uint64_t fetched; /* stats.fetched at the last doubt */
	struct fault why; /* the fault of the transfer that doubted */
	unsigned char *first;
	size_t first_len;
	struct range ranges[RANGES_MAX];
	unsigned count;
	bool differs;
};

void
engine_compare_init(struct engine *e, const void *first, size_t len)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (len > FIRST_BYTES)
		len = FIRST_BYTES;
	if (c != NULL)
		c->first = malloc(len);
	if (c == NULL || c->first == NULL) {
		free(c);
		return;
	}
	memcpy(c->first, first, len);
	c->first_len = len;
	e->compare = c;
}

void
engine_compare_free(struct engine *e)
{
	if (e->compare == NULL)
		return;
	free(e->compare->first);
	free(e->compare);
}

bool
engine_has_doubt(const struct engine *e)
{
	return e->compare != NULL && e->compare->doubt;
}

/* --- what to compare --------------------------------------------------- */

static void
add_range(struct engine *e, struct slot *s, uint64_t from, uint64_t to,
    const unsigned char *have)
{
	struct range *r = &e->compare->ranges[e->compare->count++];

	memset(r, 0, sizeof(*r));
	r->engine = e;
	r->offset = from;
	r->end = to;
	r->have = have;
	r->slot = s;
	if (s != NULL)
		s->pins++;
}

/* Add the first cached run of blocks of a slot, at most len bytes. */
static void
add_slot(struct engine *e, struct slot *s, uint64_t len)
{
	static const struct blocks none;
	unsigned end = slot_blocks(s);
	unsigned first = blocks_find_present(&s->have, &none, 0, end);
	unsigned last = blocks_find_absent(&s->have, &none, first, end);
	uint64_t from = (uint64_t)first * BLOCK_SIZE;
	uint64_t to = (uint64_t)last * BLOCK_SIZE;

	if (first >= last)
		return;
	if (to > s->length)
		to = s->length;
	if (to - from > len)
		to = from + len;
	add_range(e, s, s->chunk * CHUNK_SIZE + from,
	    s->chunk * CHUNK_SIZE + to, cache_bytes(&e->cache, s) + from);
}

/* Choose the ranges to compare, spread evenly over the slots in use. */
static void
choose_ranges(struct engine *e)
{
	struct compare *c = e->compare;
	uint64_t budget = (uint64_t)(e->meter.total * COMPARE_MS / 1e3);
	uint32_t i, used = 0, seen = 0, ranges;
	uint64_t len;

	if (budget < COMPARE_MIN)
		budget = COMPARE_MIN;
	for (i = 0; i < e->cache.slot_count; i++)
		used += e->cache.slots[i].list != SLOTS_FREE;
	ranges =
	    used < RANGES_MAX - ROUNDS_MAX ? used : RANGES_MAX - ROUNDS_MAX;
	len = ranges > 0 ? budget / ranges / BLOCK_SIZE * BLOCK_SIZE : 0;
	if (len < BLOCK_SIZE)
		len = BLOCK_SIZE;
	c->count = 0;
	/*
	 * Servers that answer in turn, each with its own validator, must all be
	 * heard: each round requests the image's beginning once more than the
	 * last.
	 */
	for (i = 0; i < c->rounds; i++)
		add_range(e, NULL, 0, c->first_len, c->first);
	for (i = 0; i < e->cache.slot_count; i++) {
		if (e->cache.slots[i].list == SLOTS_FREE)
			continue;
		/* Take `ranges` of the `used` slots, at equal distances. */
		if ((uint64_t)(seen + 1) * ranges / used >
		    (uint64_t)seen * ranges / used)
			add_slot(e, &e->cache.slots[i], len);
		seen++;
	}
}

void
engine_doubt(struct engine *e, const struct fault *fault)
{
	struct compare *c = e->compare;

	if (c == NULL) {
		engine_fail_for_good(e, fault);
		return;
	}
	if (c->doubt)
		return;
	c->rounds = e->stats.fetched == c->fetched ? c->rounds + 1 : 1;
	c->fetched = e->stats.fetched;
	if (c->rounds > ROUNDS_MAX) {
		engine_fail_for_good(e, fault);
		return;
	}
	c->doubt = true;
	c->differs = false;
	c->why = *fault;
	choose_ranges(e);
}

/* --- comparing --------------------------------------------------------- */

static void
on_data(struct transfer *t, const void *bytes, size_t len)
{
	struct range *r = t->owner;
	struct engine *e = r->engine;

	pthread_mutex_lock(&e->lock);
	if (memcmp(r->have, bytes, len) != 0)
		e->compare->differs = true;
	r->offset += len;
	r->have += len;
	r->tries = 0;
	e->came_at = clock_ms();
	engine_end_outage(e);
	pthread_mutex_unlock(&e->lock);
}

static void
on_done(struct transfer *t, const struct fault *fault)
{
	struct range *r = t->owner;
	struct engine *e = r->engine;

	pthread_mutex_lock(&e->lock);
	r->running = false;
	if (fault != NULL && fault->kind == FAULT_CHANGED)
		e->compare->differs = true;
	else if (fault != NULL && r->offset < r->end)
		r->retry_at = clock_ms() + engine_note_fault(
					       e, r->started, &r->tries, fault);
	pthread_mutex_unlock(&e->lock);
}

static void
start(struct engine *e, struct range *r, int64_t now)
{
	r->transfer = (struct transfer){.kind = TRANSFER_CHECK,
	    .offset = r->offset,
	    .length = (size_t)(r->end - r->offset),
	    .data = on_data,
	    .done = on_done,
	    .owner = r};
	r->started = now;
	r->running = true;
	e->source->ops->start(e->source, &r->transfer);
}

/* All ranges are compared, or one differs: continue, or fail for good. */
static void
settle(struct engine *e)
{
	struct compare *c = e->compare;
	unsigned i;

	c->doubt = false;
	for (i = 0; i < c->count; i++)
		if (c->ranges[i].slot != NULL)
			engine_unpin(e, c->ranges[i].slot);
	if (c->differs) {
		engine_fail_for_good(e, &c->why);
		return;
	}
	e->source->ops->adopt(e->source);
	if (e->config.adopted != NULL && e->source->info.adopted != NULL)
		e->config.adopted(e->source->info.adopted);
	e->config.note("the server sent another validator (a mirror's?), but "
		       "the image's bytes are the same");
}

int64_t
engine_compare(struct engine *e)
{
	struct compare *c = e->compare;
	int64_t now = clock_ms(), next = now + IDLE_MS, when;
	unsigned running = e->fetches.running, left = 0, i;
	struct range *r;

	for (i = 0; i < c->count; i++)
		running += c->ranges[i].running;
	for (r = c->ranges; r < c->ranges + c->count; r++) {
		left += r->running;
		if (r->running || r->offset == r->end || c->differs)
			continue;
		left++;
		when =
		    r->retry_at > e->hold_until ? r->retry_at : e->hold_until;
		if (running < e->config.connections && when <= now) {
			start(e, r, now);
			running++;
		} else if (when > now && when < next) {
			next = when;
		}
	}
	if (left > 0)
		return next;
	settle(e);
	return now;
}
