/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cache.h"

#define PASSED_BITS ((uint64_t)1 << 20)
#define STALE_MS    10000 /* an unused chunk that was read ahead is stale */

static struct slot **
bucket_of(struct cache *c, uint64_t chunk)
{
	return &c->buckets[chunk % c->slot_count];
}

static void
hash_remove(struct cache *c, struct slot *s)
{
	struct slot **p = bucket_of(c, s->chunk);

	while (*p != s)
		p = &(*p)->hash_next;
	*p = s->hash_next;
}

static void
move_to(struct cache *c, struct slot *s, enum slot_list list)
{
	c->protected_count -= s->list == SLOTS_PROTECTED;
	TAILQ_REMOVE(&c->lists[s->list], s, entry);
	s->list = list;
	TAILQ_INSERT_TAIL(&c->lists[list], s, entry);
	c->protected_count += list == SLOTS_PROTECTED;
}

int
cache_init(struct cache *c, uint32_t slot_count, uint64_t image_size)
{
	uint64_t size = (uint64_t)slot_count * CHUNK_SIZE;
	uint32_t i;

	memset(c, 0, sizeof(*c));
	if (size == 0 || size != (size_t)size) {
		errno = ENOMEM;
		return -1;
	}
	c->chunks_of_bit = image_size / CHUNK_SIZE / PASSED_BITS + 1;
	c->passed = calloc(1, PASSED_BITS / 8);
	c->slots = calloc(slot_count, sizeof(*c->slots));
	c->buckets = calloc(slot_count, sizeof(*c->buckets));
	c->arena = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	c->slot_count = slot_count;
	c->image_size = image_size;
	if (c->arena == MAP_FAILED) {
		c->arena = NULL;
	} else {
		/* Without huge pages, a page fault for each 4 KiB takes
		 * measurable time. */
		madvise(c->arena, (size_t)size, MADV_HUGEPAGE);
		/* Lock the arena in memory, if we may. Otherwise, we could wait
		 * for a swap device that waits for us. */
		mlock2(c->arena, (size_t)size, MLOCK_ONFAULT);
	}
	if (c->slots == NULL || c->buckets == NULL || c->arena == NULL ||
	    c->passed == NULL) {
		cache_destroy(c);
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < SLOTS_LISTS; i++)
		TAILQ_INIT(&c->lists[i]);
	for (i = 0; i < slot_count; i++) {
		TAILQ_INIT(&c->slots[i].waiters);
		TAILQ_INSERT_TAIL(&c->lists[SLOTS_FREE], &c->slots[i], entry);
	}
	return 0;
}

void
cache_destroy(struct cache *c)
{
	if (c->arena != NULL)
		munmap(c->arena, (size_t)c->slot_count * CHUNK_SIZE);
	free(c->slots);
	free(c->buckets);
	free(c->passed);
	memset(c, 0, sizeof(*c));
}

struct slot *
cache_find(struct cache *c, uint64_t chunk)
{
	struct slot *s;

	for (s = *bucket_of(c, chunk); s != NULL; s = s->hash_next)
		if (s->chunk == chunk)
			return s;
	return NULL;
}

/* Choose the slot to evict. A slot that was claimed at `since` or later and is
 * not used yet stays. */
static struct slot *
choose_victim(struct cache *c, int64_t since)
{
	struct slot *s;
	unsigned i;

	for (i = 0; i < SLOTS_LISTS; i++)
		TAILQ_FOREACH(s, &c->lists[i], entry)
			if (s->pins == 0 &&
			    (s->list == SLOTS_FREE || s->touched ||
				s->claimed_at < since))
				return s;
	return NULL;
}

struct slot *
cache_claim(struct cache *c, uint64_t chunk, int64_t now, bool ahead)
{
	struct slot *s = cache_find(c, chunk), **bucket;
	uint64_t rest = c->image_size - chunk * CHUNK_SIZE;

	if (s != NULL)
		return s;
	s = choose_victim(c, ahead ? now - STALE_MS : INT64_MAX);
	if (s == NULL)
		return NULL;
	if (s->list != SLOTS_FREE)
		hash_remove(c, s);
	memset(&s->have, 0, sizeof(s->have));
	memset(&s->coming, 0, sizeof(s->coming));
	s->chunk = chunk;
	s->length = rest < CHUNK_SIZE ? (size_t)rest : CHUNK_SIZE;
	s->failing_since = s->failed_at = 0;
	bucket = bucket_of(c, chunk);
	s->hash_next = *bucket;
	*bucket = s;
	move_to(c, s, SLOTS_PROBATION);
	s->touched = false;
	s->claimed_at = now;
	return s;
}

void
cache_touch(struct cache *c, struct slot *s)
{
	struct slot *oldest;

	if (!s->touched) {
		s->touched = true;
		move_to(c, s, SLOTS_PROBATION);
		return;
	}
	move_to(c, s, SLOTS_PROTECTED);
	if (c->protected_count > c->slot_count / 2) {
		oldest = TAILQ_FIRST(&c->lists[SLOTS_PROTECTED]);
		move_to(c, oldest, SLOTS_PROBATION);
	}
}

static uint64_t
passed_bit(const struct cache *c, uint64_t chunk)
{
	return chunk / c->chunks_of_bit;
}

bool
cache_was_passed(const struct cache *c, uint64_t chunk)
{
	uint64_t bit = passed_bit(c, chunk);

	return c->passed[bit / 8] >> bit % 8 & 1;
}

void
cache_touch_stream(struct cache *c, struct slot *s, bool to_end)
{
	uint64_t bit = passed_bit(c, s->chunk);

	if (to_end)
		c->passed[bit / 8] |= (unsigned char)(1 << bit % 8);
	/* Random reads use the slot, too: keep it protected. */
	if (s->list == SLOTS_PROTECTED)
		return;
	s->touched = true;
	move_to(c, s, to_end ? SLOTS_PASSED : SLOTS_PROBATION);
}

unsigned char *
cache_bytes(struct cache *c, const struct slot *s)
{
	return c->arena + (size_t)(s - c->slots) * CHUNK_SIZE;
}

unsigned
slot_blocks(const struct slot *s)
{
	return (unsigned)((s->length + BLOCK_SIZE - 1) / BLOCK_SIZE);
}

void
slot_blocks_of(const struct slot *s, uint64_t from, uint64_t to,
    unsigned *first, unsigned *end)
{
	uint64_t base = s->chunk * CHUNK_SIZE;

	*first = from > base ? (unsigned)((from - base) / BLOCK_SIZE) : 0;
	*end = to >= base + s->length
		   ? slot_blocks(s)
		   : (unsigned)((to - base + BLOCK_SIZE - 1) / BLOCK_SIZE);
}

uint64_t
chunk_after(uint64_t offset)
{
	return (offset / CHUNK_SIZE + 1) * CHUNK_SIZE;
}
