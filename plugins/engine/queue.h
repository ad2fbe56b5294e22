/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The requested ranges: a pool, allocated at the start, and the two queues in
 * which ranges wait to be started. The caller holds the engine's lock; nothing
 * here waits or does I/O.
 */
#ifndef VM_ENGINE_QUEUE_H
#define VM_ENGINE_QUEUE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "sources/source.h"

enum fetch_list {
	FETCHES_FREE,
	FETCHES_DEMAND, /* queued; a reader waits for a part of it */
	FETCHES_AHEAD,	/* queued; no reader waits */
	FETCHES_RUNNING,
	FETCHES_LISTS,
};

struct engine;
struct slot;
struct writer;

struct fetch {
	struct transfer transfer;
	struct engine *engine;
	enum transfer_kind kind;
	uint64_t offset, end; /* the next byte in the image; the range's end */
	bool for_reader;      /* a reader or a writer waits for it */
	/* Where its next bytes go, or where a write takes them from; flush:
	 * NULL. */
	struct slot *slot;
	/* Called when a write or a flush has ended, with an errno or 0. */
	void (*ended)(struct fetch *, int error);
	struct writer *writer; /* it waits for the end; NULL: nobody waits */
	unsigned tries;	       /* failures in a row */
	/*
	 * Milliseconds: when it may start, at the earliest; when it started;
	 * when its first byte came; when its last byte came, or else when it
	 * started.
	 */
	int64_t retry_at, started, first_byte, progress;
	bool got_some;	       /* bytes came since it was started */
	uint64_t first_offset; /* the offset at which it was started */
	enum fetch_list list;
	TAILQ_ENTRY(fetch) entry;
};

struct fetches {
	struct fetch *all;
	unsigned count;
	TAILQ_HEAD(fetch_head, fetch) lists[FETCHES_LISTS];
	unsigned used, running;
	uint64_t ahead_bytes; /* still to come of ranges ahead of need */
};

/* Make a pool of count ranges. Returns 0, or -1 with errno. */
int fetches_init(struct fetches *, unsigned count, struct engine *);
void fetches_destroy(struct fetches *);

/* Is a range left in the pool? Half of them are kept for waiting readers. */
bool fetches_has_room(const struct fetches *, bool for_reader);

/* Queue a range; there must be room. */
void fetches_add(struct fetches *, uint64_t from, uint64_t to, bool for_reader);

/* Queue a write from a slot, or a flush; there must be room. */
struct fetch *fetches_add_write(
    struct fetches *, struct slot *, uint64_t from, uint64_t to);
struct fetch *fetches_add_flush(struct fetches *);

/* The next n bytes of a range have come. */
void fetches_advance(struct fetches *, struct fetch *, uint64_t n);

/* Give a range back to the pool. */
void fetches_release(struct fetches *, struct fetch *);

/* Put a range at the end of a list, which may be the list that it is on. */
void fetches_move(struct fetches *, struct fetch *, enum fetch_list);

/* Put a range back at the front of the queue that it came from. */
void fetches_put_back(struct fetches *, struct fetch *);

/*
 * A reader waits for bytes of [from, to) now: move ranges that overlap it from
 * the queue ahead of need to the end of the readers' queue.
 */
void fetches_promote(struct fetches *, uint64_t from, uint64_t to);

/* Is this the only range in use? */
bool fetches_is_last(const struct fetches *, const struct fetch *);

#endif
