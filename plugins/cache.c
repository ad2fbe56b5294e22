/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"

static void
list_init(struct slot_list *l)
{
	l->head.prev = l->head.next = &l->head;
}

static void
list_remove(struct slot *s)
{
	if (s->next == NULL)
		return;
	s->prev->next = s->next;
	s->next->prev = s->prev;
	s->prev = s->next = NULL;
}

static void
list_append(struct slot_list *l, struct slot *s)
{
	list_remove(s);
	s->prev = l->head.prev;
	s->next = &l->head;
	s->prev->next = s;
	l->head.prev = s;
}

struct slot *
slot_list_first(struct slot_list *l)
{
	return slot_list_next(l, &l->head);
}

struct slot *
slot_list_next(struct slot_list *l, struct slot *s)
{
	return s->next == &l->head ? NULL : s->next;
}

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
	s->hash_next = NULL;
}

int
cache_init(struct cache *c, uint32_t slot_count, size_t chunk_size)
{
	uint32_t i;

	memset(c, 0, sizeof(*c));
	if (slot_count == 0 || chunk_size > SIZE_MAX / slot_count) {
		errno = ENOMEM;
		return -1;
	}
	c->slots = calloc(slot_count, sizeof(*c->slots));
	c->buckets = calloc(slot_count, sizeof(*c->buckets));
	c->arena = mmap(NULL, slot_count * chunk_size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	c->slot_count = slot_count;
	c->chunk_size = chunk_size;
	if (c->arena == MAP_FAILED)
		c->arena = NULL;
	if (c->slots == NULL || c->buckets == NULL || c->arena == NULL) {
		cache_destroy(c);
		errno = ENOMEM;
		return -1;
	}
	list_init(&c->free);
	list_init(&c->ready);
	list_init(&c->demand);
	list_init(&c->ahead);
	list_init(&c->fetching);
	for (i = 0; i < slot_count; i++)
		list_append(&c->free, &c->slots[i]);
	return 0;
}

void
cache_destroy(struct cache *c)
{
	if (c->arena != NULL)
		munmap(c->arena, c->slot_count * c->chunk_size);
	free(c->slots);
	free(c->buckets);
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

struct slot *
cache_claim(struct cache *c, uint64_t chunk, size_t length)
{
	struct slot **bucket = bucket_of(c, chunk);
	struct slot *s = slot_list_first(&c->free);

	if (s == NULL) {
		s = slot_list_first(&c->ready);
		while (s != NULL && s->pins > 0)
			s = slot_list_next(&c->ready, s);
		if (s == NULL)
			return NULL;
		cache_release(c, s);
	}
	list_remove(s);
	s->chunk = chunk;
	s->length = length;
	s->hash_next = *bucket;
	*bucket = s;
	return s;
}

void
cache_queue(struct cache *c, struct slot *s)
{
	s->state = SLOT_QUEUED;
	list_append(s->waiters != NULL ? &c->demand : &c->ahead, s);
}

void
cache_set_fetching(struct cache *c, struct slot *s)
{
	s->state = SLOT_FETCHING;
	list_append(&c->fetching, s);
}

void
cache_set_ready(struct cache *c, struct slot *s)
{
	s->state = SLOT_READY;
	list_append(&c->ready, s);
}

void
cache_release(struct cache *c, struct slot *s)
{
	hash_remove(c, s);
	list_remove(s);
	memset(s, 0, sizeof(*s));
	list_append(&c->free, s);
}

unsigned char *
cache_bytes(struct cache *c, struct slot *s)
{
	return c->arena + (size_t)(s - c->slots) * c->chunk_size;
}
