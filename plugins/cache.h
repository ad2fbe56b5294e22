/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The chunk table: which chunks of the image have a slot of the arena, how
 * much of each has come, and which slot to give up next. The engine locks
 * it; nothing here waits or does I/O, and nothing is allocated after
 * cache_init().
 */
#ifndef VM_CACHE_H
#define VM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

enum slot_state {
	SLOT_FREE,     /* holds nothing */
	SLOT_QUEUED,   /* wants bytes, nothing is under way */
	SLOT_FETCHING, /* its transfer is under way */
	SLOT_READY,    /* all bytes have come */
};

struct engine;
struct waiter;

struct slot {
	enum slot_state state;
	uint64_t chunk;
	size_t length;	  /* bytes of this chunk (the last one is shorter) */
	size_t filled;	  /* how many of them have come, from its beginning */
	unsigned pins;	  /* readers that use it: it may not be taken away */
	unsigned tries;	  /* faults in a row */
	int64_t retry_at; /* milliseconds: not to be started before */
	int64_t progress; /* milliseconds: when bytes last came, or it began */
	int64_t failing_since; /* milliseconds; 0: not failing */
	struct waiter *waiters;
	struct engine *engine;
	struct transfer transfer;
	struct slot *hash_next;
	struct slot *prev, *next; /* on one of the lists below */
};

/* A list of slots, a ring through its head. */
struct slot_list {
	struct slot head;
};

struct cache {
	unsigned char *arena;
	size_t chunk_size;
	uint32_t slot_count;
	struct slot *slots;
	struct slot **buckets; /* slot_count of them, by chunk */
	struct slot_list free;
	struct slot_list ready;	 /* the least recently used first */
	struct slot_list demand; /* queued, a reader waits: in their order */
	struct slot_list ahead;	 /* queued, nobody waits yet: in that order */
	struct slot_list fetching;
};

/*
 * A table of slot_count slots of chunk_size bytes, all free; the arena's
 * pages are not touched yet. Returns 0, or -1 with errno ENOMEM.
 */
int cache_init(struct cache *, uint32_t slot_count, size_t chunk_size);
void cache_destroy(struct cache *);

/* The slot of a chunk, or NULL. */
struct slot *cache_find(struct cache *, uint64_t chunk);

/*
 * A slot for a chunk that has none: a free one, else the least recently used
 * of those that are ready and not pinned; it comes back empty, on no list,
 * and cache_find() knows it. NULL where every slot is in use.
 */
struct slot *cache_claim(struct cache *, uint64_t chunk, size_t length);

/* Put a slot on a list (taking it off the one it is on) and set its state. */
void cache_queue(struct cache *, struct slot *); /* by who waits for it */
void cache_set_fetching(struct cache *, struct slot *);
void cache_set_ready(struct cache *, struct slot *); /* most recently used */
void cache_release(struct cache *, struct slot *);   /* free, forgotten */

/* The first slot of a list, and the one after slot; NULL at the end. */
struct slot *slot_list_first(struct slot_list *);
struct slot *slot_list_next(struct slot_list *, struct slot *);

/* Where a slot's bytes lie. */
unsigned char *cache_bytes(struct cache *, struct slot *);

#endif
