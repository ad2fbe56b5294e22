/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The chunk table: which chunks of the image have a slot of the arena, which
 * blocks of each chunk are cached or requested, and which slot to evict next.
 * The caller holds the engine's lock; nothing here waits or does I/O, and
 * nothing is allocated after cache_init().
 *
 * The slots are evicted in this order: first chunks that a stream has read to
 * their end (a copy of the whole image must not evict the directories), then
 * those touched once, then those touched again, which may take half of the
 * slots; within each group, the least recently used first. This is a segmented
 * LRU with drop-behind: on traces of booting hosts it has a tenth fewer misses
 * than plain LRU.
 */
#ifndef VM_ENGINE_CACHE_H
#define VM_ENGINE_CACHE_H

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include "engine/bitmap.h"

#define CHUNK_SIZE   (1024 * 1024) /* bytes */
#define CHUNK_BLOCKS (CHUNK_SIZE / BLOCK_SIZE)

enum slot_list {
	SLOTS_FREE,	 /* empty */
	SLOTS_PASSED,	 /* read to the end by a stream */
	SLOTS_PROBATION, /* read ahead, or touched once */
	SLOTS_PROTECTED, /* touched again */
	SLOTS_LISTS,
};

struct waiter;

struct slot {
	uint64_t chunk;
	size_t length;	    /* bytes of this chunk (the last may be shorter) */
	struct blocks have; /* cached */
	struct blocks coming; /* requested, and not cached yet */
	unsigned pins;	      /* in use by readers and fetches: not evicted */
	unsigned copying;     /* readers that copy from it now */
	/*
	 * Milliseconds: when its ranges began to fail while other chunks came,
	 * and when one last failed; 0: no failure. If nothing comes from the
	 * source at all, the source has failed, and not this chunk.
	 */
	int64_t failing_since, failed_at;
	TAILQ_HEAD(waiter_list, waiter) waiters;
	bool touched;	    /* a reader used it since it was claimed */
	int64_t claimed_at; /* milliseconds */
	enum slot_list list;
	TAILQ_ENTRY(slot) entry; /* of that list */
	struct slot *hash_next;
};

struct cache {
	unsigned char *arena;
	uint64_t image_size;
	uint32_t slot_count;
	struct slot *slots;
	struct slot **buckets; /* slot_count of them, by chunk */
	/* In each list, the least recently used slot is first. */
	TAILQ_HEAD(slots, slot) lists[SLOTS_LISTS];
	uint32_t protected_count;
	/* A bit for each group of chunks_of_bit chunks: a stream has read one
	 * of them to its end. */
	unsigned char *passed;
	uint64_t chunks_of_bit;
};

/*
 * Make a table of slot_count free slots; the arena's pages are not touched yet.
 * Returns 0, or -1 with errno ENOMEM.
 */
int cache_init(struct cache *, uint32_t slot_count, uint64_t image_size);
void cache_destroy(struct cache *);

/* Returns the slot of a chunk, or NULL. */
struct slot *cache_find(struct cache *, uint64_t chunk);

/*
 * Returns the slot of a chunk. A chunk without a slot gets an empty one: a free
 * slot, or else the first in the order of eviction that has no pins; NULL if
 * all slots have pins. now is in milliseconds. A claim ahead of need does not
 * evict slots that were read ahead and not used yet, because one stream would
 * undo another's read-ahead; but after a while it does, because no reader is
 * likely to want them any more.
 */
struct slot *cache_claim(
    struct cache *, uint64_t chunk, int64_t now, bool ahead);

/*
 * Note that a reader has used the slot: cache_touch() for a random read,
 * cache_touch_stream() for a stream; to_end: the stream has read the chunk to
 * its end.
 */
void cache_touch(struct cache *, struct slot *);
void cache_touch_stream(struct cache *, struct slot *, bool to_end);

/*
 * Has a stream read the chunk to its end? The chunk may have been evicted
 * since; in a large image, some chunks share one answer.
 */
bool cache_was_passed(const struct cache *, uint64_t chunk);

/* Returns where a slot's bytes are in memory. */
unsigned char *cache_bytes(struct cache *, const struct slot *);

/* How many blocks a slot's chunk has; the last block may be short. */
unsigned slot_blocks(const struct slot *);

/* Find the blocks of the slot, [*first, *end), that the bytes [from, to) of the
 * image touch. */
void slot_blocks_of(const struct slot *, uint64_t from, uint64_t to,
    unsigned *first, unsigned *end);

/* Returns the offset of the chunk after the one that has this byte. */
uint64_t chunk_after(uint64_t offset);

#endif
