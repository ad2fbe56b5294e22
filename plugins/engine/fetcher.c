/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "engine/compare.h"
#include "engine/fetcher.h"
#include "engine/publish.h"
#include "engine/readahead-plan.h"
#include "engine/request.h"
#include "engine/retry.h"

#define IDLE_POLL_MS   60000
#define RANDOM_MS      10000 /* a connection stays free for random reads */
#define LIMIT_BURST_MS 250   /* of the rate limit, saved up in a pause */

/* --- what comes -------------------------------------------------------- */

/* Returns the number of blocks that end at or before this byte. The chunk's
 * last block may be short. */
static unsigned
blocks_before(const struct slot *s, size_t byte)
{
	return byte == s->length ? slot_blocks(s)
				 : (unsigned)(byte / BLOCK_SIZE);
}

/* The next n bytes of a range have been put into its slot. */
static void
note_bytes(struct engine *e, struct fetch *f, size_t n)
{
	struct slot *s = f->slot;
	size_t byte = f->offset % CHUNK_SIZE;
	unsigned first = (unsigned)(byte / BLOCK_SIZE);
	unsigned last = blocks_before(s, byte + n);
	struct waiter *w;

	f->progress = clock_ms();
	if (!f->got_some) {
		meter_first_byte(&e->meter, f->progress - f->started);
		f->first_byte = f->progress;
		f->got_some = true;
	}
	meter_bytes(&e->meter, n, f->progress);
	stats_fetched(&e->stats, f->offset, n);
	f->tries = 0;
	s->failing_since = s->failed_at = 0;
	e->came_at = f->progress;
	engine_end_outage(e);
	blocks_set(&s->have, first, last);
	blocks_clear(&s->coming, first, last);
	TAILQ_FOREACH(w, &s->waiters, entry)
		if (blocks_are_all_set(&s->have, w->from, w->to))
			pthread_cond_signal(&w->woken);
	fetches_advance(&e->fetches, f, n);
	if (byte + n < s->length && f->offset < f->end)
		return;
	engine_unpin(e, s);
	if (f->offset < f->end)
		f->slot = cache_find(&e->cache, f->offset / CHUNK_SIZE);
}

/* The source calls this in the fetch thread: bytes have come. */
static void
on_data(struct transfer *t, const void *bytes, size_t len)
{
	struct fetch *f = t->owner;
	struct engine *e = f->engine;
	const unsigned char *in = bytes;
	size_t n, room, byte;

	for (; len > 0; len -= n, in += n) {
		byte = f->offset % CHUNK_SIZE;
		room = f->slot->length - byte;
		n = len < room ? len : room;
		memcpy(cache_bytes(&e->cache, f->slot) + byte, in, n);
		pthread_mutex_lock(&e->lock);
		note_bytes(e, f, n);
		pthread_mutex_unlock(&e->lock);
	}
}

/* Measure a transfer that has brought bytes, and adapt the read-ahead. */
static void
measure(struct engine *e, const struct fetch *f)
{
	meter_transfer(&e->meter, f->offset - f->first_offset,
	    f->progress - f->first_byte);
	engine_tune(e);
}

static void
finish(struct engine *e, struct fetch *f)
{
	if (f->kind != TRANSFER_READ) {
		engine_end_outage(e);
		if (f->slot != NULL)
			f->slot->failing_since = f->slot->failed_at = 0;
		e->stats.written += f->end - f->offset;
		engine_end_request(e, f, 0);
		return;
	}
	measure(e, f);
	engine_end_request(e, f, 0);
}

/* If the source allows fewer connections now, use no more. */
static void
take_connections(struct engine *e, const struct fault *why)
{
	unsigned most = e->source->info.connections;

	if (most >= e->config.connections)
		return;
	e->config.connections = most;
	e->config.note(why->text);
}

/* The source calls this in the fetch thread: a transfer has ended. */
static void
on_done(struct transfer *t, const struct fault *fault)
{
	static const struct fault cut = {.kind = FAULT_TRANSIENT,
	    .text = "the source ended the transfer too early"};
	struct fetch *f = t->owner;
	struct engine *e = f->engine;
	bool is_read, has_all;

	pthread_mutex_lock(&e->lock);
	is_read = f->kind == TRANSFER_READ;
	has_all = is_read && f->offset == f->end;
	if (is_read && fault == NULL && !has_all)
		fault = &cut;
	/* A failure after the last byte does not matter. */
	if (fault == NULL || (has_all && fault->kind != FAULT_CHANGED &&
				 fault->kind != FAULT_DOUBTED)) {
		finish(e, f);
	} else if (fault == &cut && f->got_some) {
		/* Some servers send less than was requested. */
		measure(e, f);
		e->tokens += (double)(f->end - f->offset);
		fetches_put_back(&e->fetches, f);
	} else if (fault->kind == FAULT_AGAIN) {
		take_connections(e, fault);
		fetches_put_back(&e->fetches, f);
	} else if (fault->kind == FAULT_DOUBTED && !e->changed) {
		engine_doubt(e, fault);
		fetches_put_back(&e->fetches, f);
	} else {
		engine_take_fault(e, f, fault);
	}
	pthread_mutex_unlock(&e->lock);
}

/* --- the order --------------------------------------------------------- */

static void
start(struct engine *e, struct fetch *f, int64_t now)
{
	struct transfer *t = &f->transfer;

	t->kind = f->kind;
	t->offset = f->offset;
	t->length = (size_t)(f->end - f->offset);
	t->data = on_data;
	t->done = on_done;
	t->owner = f;
	f->first_offset = f->offset;
	f->started = f->progress = now;
	f->got_some = false;
	if (f->kind == TRANSFER_READ) {
		f->slot = cache_find(&e->cache, f->offset / CHUNK_SIZE);
		e->tokens -= (double)t->length;
	} else if (f->kind == TRANSFER_WRITE) {
		t->bytes =
		    cache_bytes(&e->cache, f->slot) + f->offset % CHUNK_SIZE;
	}
	fetches_move(&e->fetches, f, FETCHES_RUNNING);
	e->source->ops->start(e->source, t);
}

/* When may the next transfer start? The rate limit delays starts; a transfer
 * that runs is not slowed. */
static int64_t
next_start(struct engine *e, int64_t now)
{
	double rate = (double)e->config.limit_rate / 1e3;

	if (rate <= 0)
		return e->hold_until;
	e->tokens += rate * (double)(now - e->tokens_at);
	e->tokens_at = now;
	if (e->tokens > rate * LIMIT_BURST_MS)
		e->tokens = rate * LIMIT_BURST_MS;
	if (e->tokens >= 0)
		return e->hold_until;
	now += (int64_t)(-e->tokens / rate) + 1;
	return now > e->hold_until ? now : e->hold_until;
}

/*
 * Start transfers of a queue, until `most` transfers run or the rest must wait.
 * Returns the earliest time at which another transfer may start.
 */
static int64_t
start_queue(struct engine *e, enum fetch_list list, unsigned most)
{
	struct fetch *f = TAILQ_FIRST(&e->fetches.lists[list]), *after;
	int64_t now = clock_ms(), next = now + IDLE_POLL_MS, when;

	for (; f != NULL && e->fetches.running < most; f = after) {
		after = TAILQ_NEXT(f, entry);
		when = next_start(e, now);
		if (when < f->retry_at)
			when = f->retry_at;
		if (when <= now)
			start(e, f, now);
		else if (when < next)
			next = when;
	}
	return next;
}

/* Start all transfers that may start. Returns the earliest time at which more
 * may start. */
static int64_t
start_queues(struct engine *e)
{
	unsigned most = e->config.connections;
	int64_t next = start_queue(e, FETCHES_DEMAND, most), other;

	/*
	 * Keep one connection free for random readers. A single miss does not
	 * make a random reader: each stream begins with one.
	 */
	if (most > 1 && e->random_before != 0 &&
	    clock_ms() - e->random_before < RANDOM_MS)
		most--;
	other = start_queue(e, FETCHES_AHEAD, most);
	return other < next ? other : next;
}

/* Make the source use a renewed URL. The caller holds no lock. */
static void
renew(struct engine *e, char *url)
{
	struct fault why;

	if (url == NULL)
		return;
	if (e->source->ops->renew == NULL)
		e->config.log("unable to renew the URL: a URL of this kind "
			      "never expires");
	else if (e->source->ops->renew(e->source, url, &why) == -1)
		engine_log_fault(e, "unable to renew the URL", &why);
	else
		e->config.note("the URL was renewed");
	secret_free(url);
	/* If there is a pause, the server of the old URL asked for it. */
	pthread_mutex_lock(&e->lock);
	e->hold_until = 0;
	pthread_mutex_unlock(&e->lock);
}

void *
engine_fetch_thread(void *arg)
{
	struct engine *e = arg;
	int64_t next, other;
	char *url;

	pthread_mutex_lock(&e->lock);
	while (!e->stopping) {
		next =
		    engine_has_doubt(e) ? engine_compare(e) : start_queues(e);
		other = engine_tell(e);
		if (other < next)
			next = other;
		url = e->renewal;
		e->renewal = NULL;
		pthread_mutex_unlock(&e->lock);
		renew(e, url);
		next -= clock_ms();
		e->source->ops->poll(e->source, next < 0 ? 0 : (int)next);
		pthread_mutex_lock(&e->lock);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}
