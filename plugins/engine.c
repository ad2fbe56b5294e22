/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * One mutex guards the table and the outage clock. It is never held while
 * bytes are copied: a slot that is being filled belongs to the fetch thread
 * above `filled`, and a reader that copies has pinned its slot.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"
#include "engine.h"
#include "readahead.h"

#define WAIT_SLICE_MS  250 /* between two looks at `cancelled` */
#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS  4000
#define IDLE_POLL_MS   10000
#define QUIET_MS       1000 /* an outage shorter than that is not logged */
#define READAHEAD_MAX  16   /* chunks */

/* A reader that waits for the first `need` bytes of a slot. */
struct waiter {
	struct waiter *next;
	pthread_cond_t woken;
	size_t need;
	bool done;
	int error; /* errno, once done; 0: the slot is pinned for it */
};

struct engine {
	struct engine_config config;
	struct source *source;
	pthread_mutex_t lock;
	pthread_condattr_t monotonic;
	pthread_cond_t slot_freed;
	pthread_t thread;
	bool started, stopping;
	bool changed;	      /* the image is not the one that was opened */
	int64_t outage_since; /* ms when bytes last came; 0: no outage */
	bool outage_logged;
	uint64_t refused; /* the chunk last refused because of an outage */
	unsigned under_way;
	unsigned seed;
	struct cache cache;
	struct readahead readahead;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait on cond for at most a slice. */
static void
wait_slice(struct engine *e, pthread_cond_t *cond)
{
	int64_t end = now_ms() + WAIT_SLICE_MS;
	struct timespec t = {end / 1000, end % 1000 * 1000000};

	pthread_cond_timedwait(cond, &e->lock, &t);
}

/* Is that longer ago than a reader is made to wait? 0: never was. */
static bool
is_over_limit(const struct engine *e, int64_t since)
{
	return since != 0 &&
	       now_ms() - since > (int64_t)e->config.outage_limit * 1000;
}

/* Has the source been silent for too long? */
static bool
is_down(const struct engine *e)
{
	return is_over_limit(e, e->outage_since);
}

/* Or has it kept back this one chunk, whatever else it gave meanwhile? */
static bool
is_lost(const struct engine *e, const struct slot *s)
{
	return is_down(e) || is_over_limit(e, s->failing_since);
}

/* The errno that a read deserves before it is served at all, or 0. */
static int
refusal(const struct engine *e)
{
	if (e->stopping || e->config.cancelled())
		return ESHUTDOWN;
	return e->changed ? EIO : 0;
}

static void
log_fault(struct engine *e, const char *what, const struct fault *f)
{
	char line[FAULT_TEXT_MAX + 64];

	snprintf(line, sizeof(line), "%s: %s", what, f->text);
	e->config.log(line);
}

/* Tell the waiters of s that have what they need; pin s for each. */
static void
wake_satisfied(struct slot *s)
{
	struct waiter **p = &s->waiters, *w;

	while ((w = *p) != NULL) {
		if (w->need > s->filled) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		s->pins++;
		w->done = true;
		pthread_cond_signal(&w->woken);
	}
}

static void
fail_waiters(struct slot *s)
{
	struct waiter *w;

	while ((w = s->waiters) != NULL) {
		s->waiters = w->next;
		w->error = EIO;
		w->done = true;
		pthread_cond_signal(&w->woken);
	}
}

/* Give up s, or, while a reader copies from it, leave it for later. */
static void
drop_slot(struct engine *e, struct slot *s)
{
	fail_waiters(s);
	if (s->pins > 0) {
		s->retry_at = now_ms() + RETRY_LAST_MS;
		cache_queue(&e->cache, s);
		return;
	}
	cache_release(&e->cache, s);
	pthread_cond_signal(&e->slot_freed);
}

/* Bytes have come (fetch thread, from the source). */
static void
on_data(struct transfer *t, const void *bytes, size_t len)
{
	struct slot *s = t->owner;
	struct engine *e = s->engine;

	memcpy(cache_bytes(&e->cache, s) + s->filled, bytes, len);
	pthread_mutex_lock(&e->lock);
	s->filled += len;
	s->tries = 0;
	s->failing_since = 0;
	s->progress = now_ms();
	if (e->outage_logged)
		e->config.log("the image's source is back");
	e->outage_since = 0;
	e->outage_logged = false;
	wake_satisfied(s);
	pthread_mutex_unlock(&e->lock);
}

/* The image is another one: nothing of it may be mixed with what we have. */
static void
fail_for_good(struct engine *e, const struct fault *f)
{
	struct slot_list *lists[] = {
	    &e->cache.demand, &e->cache.ahead, &e->cache.fetching};
	struct slot *s;
	size_t i;

	if (!e->changed)
		log_fault(e, "unable to go on", f);
	e->changed = true;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (s = slot_list_first(lists[i]); s != NULL;
		     s = slot_list_next(lists[i], s))
			fail_waiters(s);
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

static size_t
chunk_length(const struct engine *e, uint64_t chunk)
{
	uint64_t rest = e->source->info.size - chunk * ENGINE_CHUNK;

	return rest < ENGINE_CHUNK ? (size_t)rest : ENGINE_CHUNK;
}

/* Take a slot for a chunk that has none; NULL where all are in use. */
static struct slot *
claim_slot(struct engine *e, uint64_t chunk)
{
	struct slot *s;

	s = cache_claim(&e->cache, chunk, chunk_length(e, chunk));
	if (s != NULL)
		s->engine = e;
	return s;
}

/*
 * The chunk by which the end of the outage shall be noticed: not for ever the
 * one that began it, which may be the only one that cannot be had.
 */
static struct slot *
choose_probe(struct engine *e, struct slot *s)
{
	unsigned tries = s->tries;

	if (!is_down(e) || s->pins > 0 || s->waiters != NULL ||
	    cache_find(&e->cache, e->refused) != NULL)
		return s;
	cache_release(&e->cache, s);
	s = claim_slot(e, e->refused); /* there is a free one now */
	s->tries = tries;
	return s;
}

/*
 * Ask again for what is missing. What nobody waits for is dropped, all but
 * the last one: it is how the end of the outage will be noticed.
 */
static void
retry(struct engine *e, struct slot *s, const struct fault *f)
{
	struct cache *c = &e->cache;
	bool is_last;

	s->tries++;
	if (s->failing_since == 0)
		s->failing_since = s->progress;
	if (e->outage_since == 0)
		e->outage_since = s->progress;
	if (!e->outage_logged && now_ms() - e->outage_since > QUIET_MS) {
		log_fault(e, "unable to read, trying again", f);
		e->outage_logged = true;
	}
	is_last = slot_list_first(&c->demand) == NULL &&
		  slot_list_first(&c->ahead) == NULL && e->under_way == 0;
	if (is_lost(e, s))
		fail_waiters(s);
	if (s->waiters == NULL && !is_last) {
		drop_slot(e, s);
		return;
	}
	s = choose_probe(e, s);
	s->retry_at = now_ms() + retry_pause(e, s->tries);
	cache_queue(c, s);
}

/* A transfer has ended (fetch thread, from the source). */
static void
on_done(struct transfer *t, const struct fault *f)
{
	struct slot *s = t->owner;
	struct engine *e = s->engine;

	pthread_mutex_lock(&e->lock);
	e->under_way--;
	if (f == NULL) {
		cache_set_ready(&e->cache, s);
		pthread_cond_signal(&e->slot_freed);
	} else if (f->kind == FAULT_CHANGED) {
		fail_for_good(e, f);
		drop_slot(e, s);
	} else if (f->kind == FAULT_TRANSIENT) {
		retry(e, s, f);
	} else {
		/* A refusal is an answer: no outage. */
		e->outage_since = 0;
		log_fault(e, "unable to read", f);
		drop_slot(e, s);
	}
	pthread_mutex_unlock(&e->lock);
}

static void
start_slot(struct engine *e, struct slot *s)
{
	struct transfer *t = &s->transfer;

	t->offset = s->chunk * ENGINE_CHUNK + s->filled;
	t->length = s->length - s->filled;
	t->data = on_data;
	t->done = on_done;
	t->owner = s;
	s->progress = now_ms();
	cache_set_fetching(&e->cache, s);
	e->under_way++;
	e->source->ops->start(e->source, t);
}

/*
 * Start what of a queue may start while fewer than limit are under way.
 * Returns the earliest time at which more of it may.
 */
static int64_t
start_queue(struct engine *e, struct slot_list *queue, unsigned limit)
{
	int64_t now = now_ms(), next = now + IDLE_POLL_MS;
	struct slot *s, *after;

	for (s = slot_list_first(queue); s != NULL && e->under_way < limit;
	     s = after) {
		after = slot_list_next(queue, s);
		if (s->retry_at <= now)
			start_slot(e, s);
		else if (s->retry_at < next)
			next = s->retry_at;
	}
	return next;
}

static void *
fetch_thread(void *arg)
{
	struct engine *e = arg;
	unsigned all = e->config.connections;
	int64_t next, next_ahead;

	pthread_mutex_lock(&e->lock);
	while (!e->stopping) {
		next = start_queue(e, &e->cache.demand, all);
		/* One connection stays free for a reader that waits. */
		next_ahead =
		    start_queue(e, &e->cache.ahead, all > 1 ? all - 1 : all);
		if (next_ahead < next)
			next = next_ahead;
		pthread_mutex_unlock(&e->lock);
		next -= now_ms();
		e->source->ops->poll(e->source, next < 0 ? 0 : (int)next);
		pthread_mutex_lock(&e->lock);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

/* Queue up to count chunks from first on that are not there yet. */
static void
queue_ahead(struct engine *e, uint64_t first, uint64_t count)
{
	uint64_t chunks = (e->source->info.size - 1) / ENGINE_CHUNK + 1;
	struct slot *s;

	for (; count > 0 && first < chunks; count--, first++) {
		if (cache_find(&e->cache, first) != NULL)
			continue;
		s = claim_slot(e, first);
		if (s == NULL)
			return;
		cache_queue(&e->cache, s);
	}
}

/*
 * The slot of a chunk, claimed if need be. NULL with errno, at once where
 * the source is down and the slot has not the bytes that are needed.
 */
static struct slot *
want_slot(struct engine *e, uint64_t chunk, size_t need)
{
	struct slot *s;

	for (;;) {
		errno = refusal(e);
		if (errno != 0)
			return NULL;
		s = cache_find(&e->cache, chunk);
		if (is_down(e) && (s == NULL || s->filled < need)) {
			e->refused = chunk;
			errno = EIO;
			return NULL;
		}
		if (s == NULL)
			s = claim_slot(e, chunk);
		if (s != NULL)
			return s;
		wait_slice(e, &e->slot_freed);
	}
}

static void
unlink_waiter(struct slot *s, struct waiter *w)
{
	struct waiter **p = &s->waiters;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
}

/* Wait until s has need bytes, and pin it. Returns 0 or an errno. */
static int
wait_for_bytes(struct engine *e, struct slot *s, size_t need)
{
	struct waiter w = {.need = need}, **tail = &s->waiters;
	int error = 0;

	pthread_cond_init(&w.woken, &e->monotonic);
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = &w;
	/* It is new, or was read ahead and goes before such from now on. */
	if (s->waiters == &w && s->state != SLOT_FETCHING)
		cache_queue(&e->cache, s);
	e->source->ops->wake(e->source);
	while (!w.done && error == 0) {
		wait_slice(e, &w.woken);
		if (!w.done && (error = refusal(e)) == 0 && is_lost(e, s))
			error = EIO;
	}
	if (w.done)
		error = w.error;
	else
		unlink_waiter(s, &w);
	pthread_cond_destroy(&w.woken);
	return error;
}

/* Read len bytes from byte `from` of a chunk. Returns 0 or an errno. */
static int
read_chunk(struct engine *e, void *buf, size_t len, uint64_t chunk, size_t from)
{
	uint64_t first = 0;
	uint32_t ahead;
	struct slot *s;
	int error = 0;

	pthread_mutex_lock(&e->lock);
	s = want_slot(e, chunk, from + len);
	if (s == NULL) {
		error = errno;
		goto out;
	}
	if (s->filled >= from + len) {
		s->pins++;
	} else {
		error = wait_for_bytes(e, s, from + len);
		if (error != 0)
			goto out;
	}
	ahead = readahead_touch(&e->readahead, chunk, &first);
	if (ahead > 0) {
		queue_ahead(e, first, ahead);
		e->source->ops->wake(e->source);
	}
	pthread_mutex_unlock(&e->lock);
	memcpy(buf, cache_bytes(&e->cache, s) + from, len);
	pthread_mutex_lock(&e->lock);
	s->pins--;
	if (s->state == SLOT_READY)
		cache_set_ready(&e->cache, s);
	pthread_cond_signal(&e->slot_freed);
out:
	pthread_mutex_unlock(&e->lock);
	return error;
}

int
engine_read(struct engine *e, void *buf, size_t len, uint64_t offset)
{
	unsigned char *out = buf;
	size_t from, n;
	int error;

	for (; len > 0; len -= n, out += n, offset += n) {
		from = offset % ENGINE_CHUNK;
		n = ENGINE_CHUNK - from < len ? ENGINE_CHUNK - from : len;
		error = read_chunk(e, out, n, offset / ENGINE_CHUNK, from);
		if (error != 0) {
			errno = error;
			return -1;
		}
	}
	return 0;
}

void
engine_prefetch(struct engine *e, uint64_t len, uint64_t offset)
{
	uint64_t first = offset / ENGINE_CHUNK;
	uint64_t count = (offset + len - 1) / ENGINE_CHUNK - first + 1;

	if (len == 0)
		return;
	pthread_mutex_lock(&e->lock);
	if (!e->changed && !is_down(e))
		queue_ahead(
		    e, first, count < READAHEAD_MAX ? count : READAHEAD_MAX);
	e->source->ops->wake(e->source);
	pthread_mutex_unlock(&e->lock);
}

void
engine_warm(struct engine *e, const void *bytes, size_t len)
{
	struct slot *s = claim_slot(e, 0);

	if (s == NULL || s->length != len)
		return;
	memcpy(cache_bytes(&e->cache, s), bytes, len);
	s->filled = len;
	cache_set_ready(&e->cache, s);
}

struct engine *
engine_new(const struct engine_config *config, struct source *source)
{
	uint64_t slots = config->cache / ENGINE_CHUNK;
	struct engine *e = NULL;
	struct timespec t;

	errno = EINVAL;
	if (slots < 4 || slots > UINT32_MAX || config->connections < 1)
		goto fail;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		goto fail;
	if (cache_init(&e->cache, (uint32_t)slots, ENGINE_CHUNK) == -1)
		goto fail;
	e->config = *config;
	e->source = source;
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&e->monotonic);
	pthread_condattr_setclock(&e->monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&e->slot_freed, &e->monotonic);
	clock_gettime(CLOCK_MONOTONIC, &t);
	e->seed = (unsigned)t.tv_nsec;
	readahead_init(&e->readahead,
	    slots / 2 < READAHEAD_MAX ? (uint32_t)slots / 2 : READAHEAD_MAX);
	return e;
fail:
	free(e);
	source->ops->close(source);
	return NULL;
}

int
engine_start(struct engine *e)
{
	errno = pthread_create(&e->thread, NULL, fetch_thread, e);
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
	cache_destroy(&e->cache);
	pthread_cond_destroy(&e->slot_freed);
	pthread_condattr_destroy(&e->monotonic);
	pthread_mutex_destroy(&e->lock);
	free(e);
}
