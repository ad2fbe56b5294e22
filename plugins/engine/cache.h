/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The chunk table: which chunks of the image have a slot of the arena, which
 * blocks of each are here or asked for, and which slot to give up next. The
 * engine locks it; nothing here waits or does I/O, and nothing is allocated
 * after cache_init().
 *
 * The slots are given up in this order: chunks that a stream has read to their
 * end (a copy of the whole image must not push out the directories), then those
 * touched once, then those touched again, which may be half of all; among
 * these, the least recently used. It is a segmented LRU with drop-behind: on
 * traces of booting hosts it has a tenth fewer misses than plain LRU.
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
	SLOTS_FREE,	 /* hold nothing */
	SLOTS_PASSED,	 /* read to the end by a stream */
	SLOTS_PROBATION, /* read ahead, or touched once */
	SLOTS_PROTECTED, /* touched again */
	SLOTS_LISTS,
};

struct waiter;

struct slot {
	uint64_t chunk;
	size_t length;	    /* bytes of this chunk (the last one is shorter) */
	struct blocks have; /* here */
	struct blocks coming; /* asked for, and not here */
	unsigned pins;	      /* readers and fetches that use it: it stays */
	unsigned copying;     /* readers that copy from it now */
	/*
	 * Milliseconds: when its ranges began to fail while other chunks came,
	 * and when one last failed; 0: they do not fail. While nothing comes at
	 * all, the source fails, and not the chunk.
	 */
	int64_t failing_since, failed_at;
	TAILQ_HEAD(waiter_list, waiter) waiters;
	bool touched;	    /* by a reader, since it was claimed */
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
	/* The least recently used first. */
	TAILQ_HEAD(slots, slot) lists[SLOTS_LISTS];
	uint32_t protected_count;
	/* A bit for each chunk, or for some together: a stream has read it. */
	unsigned char *passed;
	uint64_t chunks_of_bit;
};

/*
 * A table of slot_count slots, all free; the arena's pages are not touched
 * yet. Returns 0, or -1 with errno ENOMEM.
 */
int cache_init(struct cache *, uint32_t slot_count, uint64_t image_size);
void cache_destroy(struct cache *);

/* The slot of a chunk, or NULL. */
struct slot *cache_find(struct cache *, uint64_t chunk);

/*
 * The slot of a chunk. A chunk without one gets an empty slot: a free one, else
 * the first to be given up that has no pins; NULL if all have. now is in
 * milliseconds. A claim ahead of need spares slots that were read ahead and not
 * yet used, or one stream would undo another's read-ahead; but only for a
 * while, after which no reader will want them.
 */
struct slot *cache_claim(
    struct cache *, uint64_t chunk, int64_t now, bool ahead);

/*
 * A reader has used the slot: at random, or as part of a stream, which has
 * read it to its end or not.
 */
void cache_touch(struct cache *, struct slot *);
void cache_touch_stream(struct cache *, struct slot *, bool to_end);

/* Has a stream read the chunk to its end? It may have been given up since. */
bool cache_was_passed(const struct cache *, uint64_t chunk);

/* Where a slot's bytes lie. */
unsigned char *cache_bytes(struct cache *, const struct slot *);

/* How many blocks a slot's chunk has; of the last one not all may be used. */
unsigned slot_blocks(const struct slot *);

/* Those of them, [*first, *end), that the bytes [from, to) of the image touch. */
void slot_blocks_of(const struct slot *, uint64_t from, uint64_t to,
    unsigned *first, unsigned *end);

/* The offset at which the chunk behind this byte's begins. */
uint64_t chunk_after(uint64_t offset);

#endif
