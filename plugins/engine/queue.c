/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "engine/queue.h"

int
fetches_init(struct fetches *f, unsigned count, struct engine *engine)
{
	unsigned i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < FETCHES_LISTS; i++)
		TAILQ_INIT(&f->lists[i]);
	f->all = calloc(count, sizeof(*f->all));
	if (f->all == NULL)
		return -1;
	f->count = count;
	for (i = 0; i < count; i++) {
		f->all[i].engine = engine;
		TAILQ_INSERT_TAIL(&f->lists[FETCHES_FREE], &f->all[i], entry);
	}
	return 0;
}

void
fetches_destroy(struct fetches *f)
{
	free(f->all);
	f->all = NULL;
}

bool
fetches_has_room(const struct fetches *f, bool for_reader)
{
	return f->used < (for_reader ? f->count : f->count / 2);
}

/* Take a range from the pool, set it to [from, to), and queue it. */
static struct fetch *
take(struct fetches *f, enum transfer_kind kind, uint64_t from, uint64_t to,
    enum fetch_list list)
{
	struct fetch *x = TAILQ_FIRST(&f->lists[FETCHES_FREE]);

	x->kind = kind;
	x->offset = from;
	x->end = to;
	x->for_reader = list == FETCHES_DEMAND;
	x->tries = 0;
	x->retry_at = 0;
	x->slot = NULL;
	x->ended = NULL;
	x->writer = NULL;
	fetches_move(f, x, list);
	return x;
}

void
fetches_add(struct fetches *f, uint64_t from, uint64_t to, bool for_reader)
{
	if (!for_reader)
		f->ahead_bytes += to - from;
	take(f, TRANSFER_READ, from, to,
	    for_reader ? FETCHES_DEMAND : FETCHES_AHEAD);
}

struct fetch *
fetches_add_write(
    struct fetches *f, struct slot *slot, uint64_t from, uint64_t to)
{
	struct fetch *x = take(f, TRANSFER_WRITE, from, to, FETCHES_DEMAND);

	x->slot = slot;
	return x;
}

struct fetch *
fetches_add_flush(struct fetches *f)
{
	return take(f, TRANSFER_FLUSH, 0, 0, FETCHES_DEMAND);
}

void
fetches_advance(struct fetches *f, struct fetch *x, uint64_t n)
{
	x->offset += n;
	if (!x->for_reader)
		f->ahead_bytes -= n;
}

void
fetches_release(struct fetches *f, struct fetch *x)
{
	fetches_advance(f, x, x->end - x->offset);
	fetches_move(f, x, FETCHES_FREE);
}

void
fetches_move(struct fetches *f, struct fetch *x, enum fetch_list list)
{
	f->running -= x->list == FETCHES_RUNNING;
	f->used -= x->list != FETCHES_FREE;
	TAILQ_REMOVE(&f->lists[x->list], x, entry);
	x->list = list;
	TAILQ_INSERT_TAIL(&f->lists[list], x, entry);
	f->running += list == FETCHES_RUNNING;
	f->used += list != FETCHES_FREE;
}

void
fetches_put_back(struct fetches *f, struct fetch *x)
{
	enum fetch_list list = x->for_reader ? FETCHES_DEMAND : FETCHES_AHEAD;

	fetches_move(f, x, list);
	TAILQ_REMOVE(&f->lists[list], x, entry);
	TAILQ_INSERT_HEAD(&f->lists[list], x, entry);
}

void
fetches_promote(struct fetches *f, uint64_t from, uint64_t to)
{
	struct fetch *x, *next;

	for (x = TAILQ_FIRST(&f->lists[FETCHES_AHEAD]); x != NULL; x = next) {
		next = TAILQ_NEXT(x, entry);
		if (x->offset < to && from < x->end)
			fetches_move(f, x, FETCHES_DEMAND);
	}
}

bool
fetches_is_last(const struct fetches *f, const struct fetch *x)
{
	unsigned i;

	for (i = FETCHES_DEMAND; i < FETCHES_LISTS; i++)
		if (TAILQ_FIRST(&f->lists[i]) != NULL &&
		    (TAILQ_FIRST(&f->lists[i]) != x ||
			TAILQ_NEXT(x, entry) != NULL))
			return false;
	return true;
}
