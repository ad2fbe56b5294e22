/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The state that the engine's parts share, and its own operations. Each of
 * these files calls only those below it:
 *
 *	engine		an engine's beginning and end
 *	read, write	what a reader or a writer does
 *	fetcher		the fetch thread
 *	compare		is the image still the same, where the source doubts it?
 *	retry		what it does about a fault: pause, try again, give up
 *	readahead-plan	how much to ask for, and how far ahead of a reader
 *	publish		the reports of counts and of the source's state
 *	request		asking for ranges
 *	state
 *	cache, queue, readahead, estimator, stats, bitmap
 *			parts without locks or I/O, each tested by itself
 *
 * One mutex guards all of the state. It is not held while bytes are copied: a
 * reader copies from cached blocks of a slot that it has pinned; the fetch
 * thread writes to requested blocks of slots that the range has pinned. The
 * caller of any function of these files holds the lock, unless the function's
 * comment says otherwise.
 */
#ifndef VM_ENGINE_STATE_H
#define VM_ENGINE_STATE_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/cache.h"
#include "engine/config.h"
#include "engine/estimator.h"
#include "engine/queue.h"
#include "engine/readahead.h"
#include "engine/stats.h"

/* A reader that waits for some blocks of a slot. It has pinned the slot. */
struct waiter {
	TAILQ_ENTRY(waiter) entry;
	pthread_cond_t woken;
	unsigned from, to; /* blocks */
	int error;	   /* errno of a refusal by the source; 0: none */
};

struct engine {
	struct engine_config config;
	struct source *source;
	pthread_mutex_t lock;
	pthread_condattr_t monotonic;
	pthread_cond_t slot_freed; /* also for blocks and ranges of the pool */
	pthread_t thread;
	bool started, stopping;
	bool changed;	      /* the source has another image now */
	int64_t outage_since; /* ms when bytes last came; 0: no outage */
	bool outage_logged;
	int64_t came_at;    /* ms when bytes last came, outage or not */
	bool denied;	    /* the source's last answer was a refusal */
	uint64_t written;   /* writes that have ended, by now */
	uint64_t flushed;   /* of those, the ones before the last good flush */
	char *renewal;	    /* a URL for the source to use; NULL: none */
	uint64_t refused;   /* offset of the last read refused in an outage */
	int64_t hold_until; /* ms: the server asked for a pause until then */
	/* ms: when the last two random reads missed the cache. */
	int64_t last_random, random_before;
	double tokens;	       /* bytes that the rate limit allows now */
	int64_t tokens_at;     /* ms: when they were counted */
	uint64_t ahead_budget; /* bytes that may be requested ahead of need */
	unsigned seed;
	struct cache cache;
	struct fetches fetches;
	struct readahead readahead;
	struct meter meter;
	struct stats stats;
	struct compare *compare; /* NULL: there was no memory for it */
	bool told;		 /* the last report was sent */
	bool told_all;		 /* no report is due until something happens */
	int64_t told_at;	 /* ms: when the stats were last published */
	uint64_t told_read;	 /* stats.read at that time */
};

/* Has the source sent nothing for longer than the outage limit? */
bool engine_is_down(const struct engine *);

/* Is the source down, or has it sent other chunks, but not this one, for that
 * long? */
bool engine_is_lost(const struct engine *, const struct slot *);

/* The errno with which every request fails now, or 0. */
int engine_refusal(const struct engine *);

/*
 * Returns the slot of a chunk, pinned; waits until a slot can be evicted. NULL
 * with errno; EIO at once if the source is down.
 */
struct slot *engine_claim(struct engine *, uint64_t chunk);

/* Release a pin. */
void engine_unpin(struct engine *, struct slot *);

/* Wait for a condition, for a quarter of a second at most. */
void engine_wait_slice(struct engine *, pthread_cond_t *);

/*
 * Wake the readers that wait for bytes that a range has not brought yet: with
 * an error, or with 0 to check again. Returns whether there are any.
 */
bool engine_call_waiters(struct engine *, const struct fetch *, int error);

/* Log a fault as "WHAT: its text". */
void engine_log_fault(
    const struct engine *, const char *what, const struct fault *);

#endif
