/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "base/clock.h"
#include "engine/request.h"

/* Request [from, to), of which no block is cached or requested. Returns false
 * if only its beginning, or nothing, could be requested. */
static bool
ask_gap(struct engine *e, uint64_t from, uint64_t to, bool for_reader)
{
	unsigned first, last;
	uint64_t at, end = to;
	struct slot *s;

	if (!fetches_has_room(&e->fetches, for_reader))
		return false;
	for (at = from; at < end; at = chunk_after(at)) {
		s = cache_claim(
		    &e->cache, at / CHUNK_SIZE, clock_ms(), !for_reader);
		if (s == NULL) {
			end = at;
			break;
		}
		s->pins++;
		slot_blocks_of(s, from, end, &first, &last);
		blocks_set(&s->coming, first, last);
	}
	if (end > from)
		fetches_add(&e->fetches, from, end, for_reader);
	return end == to;
}

/*
 * With `absent`, returns the offset of the first block of [from, to) that is
 * neither cached nor requested; otherwise of the first that is. `to` if there
 * is no such block.
 */
static uint64_t
scan(struct engine *e, uint64_t from, uint64_t to, bool absent)
{
	unsigned first, end, i;
	struct slot *s;

	for (; from < to; from = chunk_after(from)) {
		s = cache_find(&e->cache, from / CHUNK_SIZE);
		if (s == NULL && absent)
			return from;
		if (s == NULL)
			continue;
		slot_blocks_of(s, from, to, &first, &end);
		i = absent
			? blocks_find_absent(&s->have, &s->coming, first, end)
			: blocks_find_present(&s->have, &s->coming, first, end);
		if (i < end)
			return s->chunk * CHUNK_SIZE + (uint64_t)i * BLOCK_SIZE;
	}
	return to;
}

/*
 * Read-ahead should request whole MiB (readahead-plan.c says why). If blocks
 * around a gap are cached or requested, the gap may begin or end elsewhere:
 * then end the range at the first or last whole MiB inside the gap.
 */
static uint64_t
cut(const struct engine *e, uint64_t from, uint64_t end)
{
	uint64_t last = end - end % CHUNK_SIZE;

	if (from % CHUNK_SIZE != 0 && chunk_after(from) < end)
		return chunk_after(from);
	return last > from && end < e->cache.image_size ? last : end;
}

bool
engine_ask(struct engine *e, uint64_t from, uint64_t to, bool for_reader)
{
	uint64_t end;

	from -= from % BLOCK_SIZE;
	to += (BLOCK_SIZE - to % BLOCK_SIZE) % BLOCK_SIZE;
	if (to > e->cache.image_size)
		to = e->cache.image_size;
	while ((from = scan(e, from, to, true)) < to) {
		end = scan(e, from, to, false);
		if (!for_reader)
			end = cut(e, from, end);
		if (!ask_gap(e, from, end, for_reader))
			return false;
		from = end;
	}
	return true;
}

/* Mark the rest of a range as not requested any more, and release its pins. */
static void
take_back(struct engine *e, struct fetch *f)
{
	unsigned first, last;
	struct slot *s;
	uint64_t at;

	for (at = f->offset; at < f->end; at = chunk_after(at)) {
		s = cache_find(&e->cache, at / CHUNK_SIZE);
		slot_blocks_of(s, f->offset, f->end, &first, &last);
		blocks_clear(&s->coming, first, last);
		engine_unpin(e, s);
	}
}

void
engine_end_request(struct engine *e, struct fetch *f, int error)
{
	if (f->kind == TRANSFER_READ)
		take_back(e, f);
	else if (f->ended != NULL)
		f->ended(f, error);
	fetches_release(&e->fetches, f);
	pthread_cond_broadcast(&e->slot_freed);
}
