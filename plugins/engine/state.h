/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the parts of the engine share: the readers (engine.c), the writers
 * (write.c), the fetch thread (fetcher.c) and what it tells
 * (publish.c).
 *
 * One mutex guards all of it. It is never held while bytes are copied: a
 * reader copies from blocks that are here, of a slot that it has pinned; the
 * fetch thread writes to blocks that are coming, of slots that the fetch has
 * pinned. Functions here want it held, unless they say otherwise.
 */
#ifndef VM_ENGINE_STATE_H
#define VM_ENGINE_STATE_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/cache.h"
#include "engine/engine.h"
#include "engine/queue.h"
#include "engine/estimator.h"
#include "engine/readahead.h"
#include "engine/stats.h"

/* A reader that waits for some blocks of a slot, which it has pinned. */
struct waiter {
	TAILQ_ENTRY(waiter) entry;
	pthread_cond_t woken;
	unsigned from, to; /* blocks */
	int error;	   /* errno: they were refused; 0: not so far */
};

/* One that waits for the end of a write or a flush. */
struct writer {
	pthread_cond_t woken;
	bool ended;
	int error; /* errno, once it has ended; 0: none */
};

struct engine {
	struct engine_config config;
	struct source *source;
	pthread_mutex_t lock;
	pthread_condattr_t monotonic;
	pthread_cond_t slot_freed; /* or a range of the pool */
	pthread_t thread;
	bool started, stopping;
	bool changed;	      /* the image is not the one that was opened */
	int64_t outage_since; /* ms when bytes last came; 0: no outage */
	bool outage_logged;
	int64_t came_at;    /* ms when bytes last came, whatever became of it */
	bool denied;	    /* the source's last word was a refusal */
	bool unflushed;	    /* something was written since the last flush */
	char *renewal;	    /* a URL for the source to use; NULL: none */
	uint64_t refused;   /* the offset last refused in an outage */
	int64_t hold_until; /* ms: the server asked for a pause */
	/* ms: when readers last missed at random, and the time before. */
	int64_t last_random, random_before;
	double tokens;	       /* bytes that the limit lets pass now */
	int64_t tokens_at;     /* ms: when they were counted */
	uint64_t ahead_budget; /* bytes that may be asked for ahead of need */
	unsigned seed;
	struct cache cache;
	struct fetches fetches;
	struct readahead readahead;
	struct meter meter;
	struct stats stats;
	int64_t told_at;    /* ms: when the stats were last told */
	uint64_t told_read; /* ... and what they were */
};

/* Has the source been silent for longer than a reader is made to wait? */
bool engine_is_down(const struct engine *);

/* Or has it kept back this one chunk, whatever else it gave meanwhile? */
bool engine_is_lost(const struct engine *, const struct slot *);

/*
 * Ask for what is neither here nor coming of the blocks that [from, to)
 * touches. False where slots or ranges ran out before all was asked for.
 */
bool engine_ask(struct engine *, uint64_t from, uint64_t to, bool for_reader);

/* Set the windows of read-ahead by what is known of the way. */
void engine_tune(struct engine *);

/* The fetch thread, for pthread_create(3). No lock. */
void *engine_fetch_thread(void *engine);

/*
 * Tell the stats, a second after the last time, if there is any news. Returns
 * when (ms) there may be some.
 */
int64_t engine_tell(struct engine *);

/*
 * An outage ends: tell first that the source was down, if it was and that was
 * not told. Reads have failed of it, be it over within a second.
 */
void engine_tell_down(struct engine *);

/* The errno that a request deserves before it is served at all, or 0. */
int engine_refusal(const struct engine *);

/*
 * The slot of a chunk, pinned, after waiting for one that may be given up.
 * NULL with errno; EIO at once where the source is down.
 */
struct slot *engine_claim(struct engine *, uint64_t chunk);

/* Give back a pin. */
void engine_unpin(struct engine *, struct slot *);

/* Wait for a condition, for a quarter of a second at most. */
void engine_wait_slice(struct engine *, pthread_cond_t *);

/*
 * Call those who wait for some of what a range still has to bring, with an
 * error or, 0, to look for themselves. Is there anybody?
 */
bool engine_call_waiters(struct engine *, const struct fetch *, int error);

/* A write or a flush has ended: tell its writer, and give up the range. */
void engine_end_write(struct engine *, struct fetch *, int error);

#endif
