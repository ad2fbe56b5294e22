/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The fetch thread's part of the engine: what is asked of the source and in
 * which order, what comes, and what is done about what does not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/state.h"
#include "base/secret.h"

#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS  2000 /* 20 s away shall be less than 25 */
#define HOLD_MAX_S     30   /* of what a server asks for by Retry-After */
#define IDLE_POLL_MS   10000
#define QUIET_MS       1000  /* an outage shorter than that is not logged */
#define RANDOM_MS      10000 /* for so long a connection is kept for readers */
#define PROBE_BYTES    (64 * 1024)
#define LIMIT_BURST_MS 250 /* of a limited rate, after a pause */

static bool
is_over_limit(const struct engine *e, int64_t since)
{
	return since != 0 &&
	       clock_ms() - since > (int64_t)e->config.outage_limit * 1000;
}

bool
engine_is_down(const struct engine *e)
{
	return is_over_limit(e, e->outage_since);
}

bool
engine_is_lost(const struct engine *e, const struct slot *s)
{
	return engine_is_down(e) || is_over_limit(e, s->failing_since);
}

void
engine_unpin(struct engine *e, struct slot *s)
{
	if (--s->pins == 0)
		pthread_cond_broadcast(&e->slot_freed);
}

/* --- asking ------------------------------------------------------------ */

static uint64_t
next_chunk(uint64_t offset)
{
	return (offset / CHUNK_SIZE + 1) * CHUNK_SIZE;
}

/* The blocks of a slot's chunk that the bytes [from, to) touch. */
static void
blocks_of(const struct slot *s, uint64_t from, uint64_t to, unsigned *first,
    unsigned *end)
{
	uint64_t base = s->chunk * CHUNK_SIZE;

	*first = from > base ? (unsigned)((from - base) / BLOCK_SIZE) : 0;
	*end = to >= base + s->length
		   ? slot_blocks(s)
		   : (unsigned)((to - base + BLOCK_SIZE - 1) / BLOCK_SIZE);
}

/* Ask for [from, to), of which nothing is here or coming, or its beginning. */
static bool
ask_gap(struct engine *e, uint64_t from, uint64_t to, bool for_reader)
{
	unsigned first, last;
	uint64_t at, end = to;
	struct slot *s;

	if (!fetches_has_room(&e->fetches, for_reader))
		return false;
	for (at = from; at < end; at = next_chunk(at)) {
		s = cache_claim(
		    &e->cache, at / CHUNK_SIZE, clock_ms(), !for_reader);
		if (s == NULL) {
			end = at;
			break;
		}
		s->pins++;
		blocks_of(s, from, end, &first, &last);
		blocks_set(&s->coming, first, last);
	}
	if (end > from)
		fetches_add(&e->fetches, from, end, for_reader);
	return end == to;
}

/*
 * The first block of [from, to) that is neither here nor coming, or, if not
 * `absent`, the first that is one of them; `to` where there is none.
 */
static uint64_t
scan(struct engine *e, uint64_t from, uint64_t to, bool absent)
{
	unsigned first, end, i;
	struct slot *s;

	for (; from < to; from = next_chunk(from)) {
		s = cache_find(&e->cache, from / CHUNK_SIZE);
		if (s == NULL && absent)
			return from;
		if (s == NULL)
			continue;
		blocks_of(s, from, to, &first, &end);
		i = absent
			? blocks_find_absent(&s->have, &s->coming, first, end)
			: blocks_find_present(&s->have, &s->coming, first, end);
		if (i < end)
			return s->chunk * CHUNK_SIZE + (uint64_t)i * BLOCK_SIZE;
	}
	return to;
}

bool
engine_ask(struct engine *e, uint64_t from, uint64_t to, bool for_reader)
{
	uint64_t end;

	from -= from % BLOCK_SIZE;
	to += (BLOCK_SIZE - to % BLOCK_SIZE) % BLOCK_SIZE;
	if (to > e->cache.image_size)
		to = e->cache.image_size;
	while ((from = scan(e, from, to, true)) < to) {
		end = scan(e, from, to, false);
		if (!ask_gap(e, from, end, for_reader))
			return false;
		from = end;
	}
	return true;
}

/* Take back what is still to come of a range: nobody will ask for it. */
static void
drop(struct engine *e, struct fetch *f)
{
	unsigned first, last;
	struct slot *s;
	uint64_t at;

	for (at = f->offset; at < f->end; at = next_chunk(at)) {
		s = cache_find(&e->cache, at / CHUNK_SIZE);
		blocks_of(s, f->offset, f->end, &first, &last);
		blocks_clear(&s->coming, first, last);
		engine_unpin(e, s);
	}
	fetches_release(&e->fetches, f);
	pthread_cond_broadcast(&e->slot_freed);
}

/* --- those who wait ---------------------------------------------------- */

bool
engine_call_waiters(struct engine *e, const struct fetch *f, int error)
{
	unsigned first, last;
	bool any = false;
	struct waiter *w;
	struct slot *s;
	uint64_t at;

	for (at = f->offset; at < f->end; at = next_chunk(at)) {
		s = cache_find(&e->cache, at / CHUNK_SIZE);
		blocks_of(s, f->offset, f->end, &first, &last);
		TAILQ_FOREACH(w, &s->waiters, entry) {
			if (w->from >= last || w->to <= first)
				continue;
			any = true;
			if (w->error == 0)
				w->error = error;
			pthread_cond_signal(&w->woken);
		}
	}
	return any;
}

/* The image is another one: nothing of it may be mixed with what we have. */
static void
fail_for_good(struct engine *e)
{
	struct waiter *w;
	uint32_t i;

	e->changed = true;
	for (i = 0; i < e->cache.slot_count; i++)
		TAILQ_FOREACH(w, &e->cache.slots[i].waiters, entry)
			pthread_cond_signal(&w->woken);
}

/* --- what comes -------------------------------------------------------- */

static void
log_fault(struct engine *e, const char *what, const struct fault *f)
{
	char line[FAULT_TEXT_MAX + 64];

	snprintf(line, sizeof(line), "%s: %s", what, f->text);
	e->config.log(line);
}

/* Who waits to ask again need not. */
static void
hurry(struct engine *e, enum fetch_list list)
{
	struct fetch *f;

	TAILQ_FOREACH(f, &e->fetches.lists[list], entry)
		f->retry_at = 0;
}

static void
end_outage(struct engine *e)
{
	engine_tell_down(e);
	if (e->outage_logged) {
		e->config.note("the image's source is back");
		hurry(e, FETCHES_DEMAND);
		hurry(e, FETCHES_AHEAD);
	}
	e->outage_since = 0;
	e->outage_logged = e->denied = false;
}

/* Is this byte of a slot the end of a block? The chunk's last may be short. */
static unsigned
blocks_before(const struct slot *s, size_t byte)
{
	return byte == s->length ? slot_blocks(s)
				 : (unsigned)(byte / BLOCK_SIZE);
}

/* So many bytes of a range have been put into its slot. */
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
	end_outage(e);
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

/* Bytes have come (fetch thread, from the source). */
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

/* --- what does not come ------------------------------------------------ */

static void
give_up(struct engine *e, struct fetch *f)
{
	if (f->kind == TRANSFER_READ)
		drop(e, f);
	else
		engine_end_write(e, f, EIO);
}

/* Pause before the n-th try: doubling, and jittered by a quarter. */
static int64_t
retry_pause(struct engine *e, unsigned tries)
{
	int64_t pause = RETRY_LAST_MS;

	if (tries < 6)
		pause = RETRY_FIRST_MS << (tries - 1);
	return pause * 3 / 4 + rand_r(&e->seed) % (pause / 2);
}

/*
 * The range by which the end of the outage shall be noticed, instead of f,
 * which nobody waits for: not for ever the one that began it, which may be
 * the only one that cannot be had. A write is never tried again unasked; in
 * its place is a flush, which does no harm.
 */
static struct fetch *
choose_probe(struct engine *e, struct fetch *f)
{
	uint64_t from = e->refused - e->refused % BLOCK_SIZE;
	struct fetch *probe;

	if (f->kind == TRANSFER_READ && !engine_is_down(e))
		return f;
	engine_ask(e, from, from + PROBE_BYTES, true);
	probe = TAILQ_FIRST(&e->fetches.lists[FETCHES_DEMAND]);
	if (probe == NULL && f->kind == TRANSFER_READ)
		return f;
	if (probe == NULL)
		probe = fetches_add_flush(&e->fetches);
	probe->tries = f->tries;
	give_up(e, f);
	return probe;
}

/*
 * A slot's range has failed. Only if it had failed before, and others gave
 * bytes since, is it the chunk that fails, and not the source.
 */
static void
note_slot_fault(const struct engine *e, struct slot *s, int64_t progress)
{
	if (s->failed_at != 0 && e->came_at > s->failed_at &&
	    s->failing_since == 0)
		s->failing_since = progress;
	s->failed_at = clock_ms();
}

/* Take note of a fault that another try may mend. */
static void
note_fault(struct engine *e, struct fetch *f, const struct fault *fault)
{
	e->stats.retries++;
	f->tries++;
	if (f->slot != NULL)
		note_slot_fault(e, f->slot, f->progress);
	if (e->outage_since == 0)
		e->outage_since = f->progress;
	if (e->outage_logged || clock_ms() - e->outage_since <= QUIET_MS)
		return;
	log_fault(e,
	    f->kind == TRANSFER_READ ? "unable to read, trying again"
				     : "unable to write, trying again",
	    fault);
	e->outage_logged = true;
}

/*
 * Ask again for what is missing. What nobody waits for is dropped, all but
 * the last one: it is how the end of the outage will be noticed.
 */
static void
retry(struct engine *e, struct fetch *f, const struct fault *fault)
{
	bool is_wanted = f->kind == TRANSFER_READ ? engine_call_waiters(e, f, 0)
						  : f->writer != NULL;

	note_fault(e, f, fault);
	if (!is_wanted && !fetches_is_last(&e->fetches, f)) {
		give_up(e, f);
		return;
	}
	if (!is_wanted)
		f = choose_probe(e, f);
	f->retry_at = clock_ms() + retry_pause(e, f->tries);
	fetches_move(
	    &e->fetches, f, f->for_reader ? FETCHES_DEMAND : FETCHES_AHEAD);
}

static void
finish(struct engine *e, struct fetch *f)
{
	if (f->kind != TRANSFER_READ) {
		end_outage(e);
		if (f->slot != NULL)
			f->slot->failing_since = f->slot->failed_at = 0;
		e->stats.written += f->end - f->offset;
		engine_end_write(e, f, 0);
		return;
	}
	meter_transfer(
	    &e->meter, f->end - f->first_offset, f->progress - f->first_byte);
	engine_tune(e);
	fetches_release(&e->fetches, f);
	pthread_cond_broadcast(&e->slot_freed);
}

static void
hold(struct engine *e, unsigned seconds)
{
	if (seconds > HOLD_MAX_S)
		seconds = HOLD_MAX_S;
	if (seconds > 0)
		e->hold_until = clock_ms() + (int64_t)seconds * 1000;
}

/* A transfer has ended (fetch thread, from the source). */
static void
on_done(struct transfer *t, const struct fault *fault)
{
	static const struct fault cut = {FAULT_TRANSIENT, 0, 0,
	    "the source said that all had come, and it had not"};
	struct fetch *f = t->owner;
	struct engine *e = f->engine;
	bool is_read;

	pthread_mutex_lock(&e->lock);
	is_read = f->kind == TRANSFER_READ;
	if (is_read && fault == NULL && f->offset < f->end)
		fault = &cut;
	if (fault == NULL) {
		finish(e, f);
	} else if (fault->kind == FAULT_CHANGED) {
		if (!e->changed)
			log_fault(e, "unable to go on", fault);
		fail_for_good(e);
		give_up(e, f);
	} else if (is_read && f->offset == f->end) {
		finish(e, f); /* what was wrong came behind the last byte */
	} else if (fault->kind == FAULT_TRANSIENT) {
		hold(e, fault->retry_after);
		retry(e, f, fault);
	} else {
		/*
		 * A refusal is an answer: no outage. Who waits for what was
		 * read ahead asks for itself.
		 */
		e->outage_since = 0;
		e->denied = true;
		if (f->for_reader)
			log_fault(e,
			    is_read ? "unable to read" : "unable to write",
			    fault);
		if (is_read)
			engine_call_waiters(e, f, f->for_reader ? EIO : 0);
		give_up(e, f);
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

/* When may the next transfer start? The limit lets a transfer pass whole. */
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
 * Start what of a queue may start while fewer than most are running.
 * Returns the earliest time at which more of it may.
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

/* Have the source take a renewed URL. Without the lock. */
static void
renew(struct engine *e, char *url)
{
	struct fault why;

	if (url == NULL)
		return;
	if (e->source->ops->renew == NULL)
		e->config.log("unable to renew the URL: there is nothing in "
			      "it that expires");
	else if (e->source->ops->renew(e->source, url, &why) == -1)
		log_fault(e, "unable to renew the URL", &why);
	else
		e->config.note("the URL was renewed");
	secret_free(url);
}

void *
engine_fetch_thread(void *arg)
{
	struct engine *e = arg;
	unsigned all = e->config.connections, most;
	int64_t next, other;
	char *url;

	pthread_mutex_lock(&e->lock);
	while (!e->stopping) {
		next = start_queue(e, FETCHES_DEMAND, all);
		/*
		 * Who reads at random shall find a connection that is free.
		 * One miss is none: so begins each stream.
		 */
		most = all;
		if (all > 1 && e->random_before != 0 &&
		    clock_ms() - e->random_before < RANDOM_MS)
			most--;
		other = start_queue(e, FETCHES_AHEAD, most);
		if (other < next)
			next = other;
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
