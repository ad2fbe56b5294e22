/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "engine/readahead.h"

#define MIB (1024 * 1024)

/*
 * A kernel sends several requests at once, and they may arrive in another
 * order: the next read of a stream may begin a bit before or after the end of
 * the last read.
 */
#define TOLERANCE_BACK	  MIB
#define TOLERANCE_FORWARD (MIB / 2)
#define LARGE_READ	  MIB /* a first read of this size counts as a stream */
#define ACTIVE_TOUCHES	  64  /* reads until an unused stream has no share */

void
readahead_init(struct readahead *ra)
{
	memset(ra, 0, sizeof(*ra));
}

void
readahead_set_windows(struct readahead *ra, uint64_t first, uint64_t most)
{
	ra->first = first < most ? first : most;
	ra->most = most;
}

static bool
continues(const struct readahead_stream *s, uint64_t from, uint64_t to)
{
	if (s->used == 0)
		return false;
	if (s->window == 0)
		return from <= s->next && to > s->next;
	return to + TOLERANCE_BACK > s->next &&
	       from <= s->next + TOLERANCE_FORWARD;
}

/* The limit of each active stream's window. */
static uint64_t
share(const struct readahead *ra)
{
	uint64_t active = 0;
	unsigned i;

	for (i = 0; i < READAHEAD_STREAMS; i++)
		active += ra->streams[i].window > 0 &&
			  ra->streams[i].used + ACTIVE_TOUCHES > ra->touches;
	return ra->most / (active > 0 ? active : 1);
}

static struct readahead_stream *
find_stream(struct readahead *ra, uint64_t from, uint64_t to)
{
	struct readahead_stream *s, *oldest = &ra->streams[0];

	for (s = ra->streams; s < ra->streams + READAHEAD_STREAMS; s++) {
		if (continues(s, from, to))
			return s;
		if (s->used < oldest->used)
			oldest = s;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->next = oldest->ahead = from;
	return oldest;
}

struct readahead_stream *
readahead_touch(struct readahead *ra, uint64_t from, uint64_t to)
{
	struct readahead_stream *s = find_stream(ra, from, to);
	bool is_new = s->used == 0, advances = to > s->next;
	uint64_t most;

	s->used = ++ra->touches;
	if (advances)
		s->next = to;
	if (s->window == 0 && (!is_new || to - from >= LARGE_READ)) {
		s->window = ra->first;
		s->grown_at = from;
	}
	most = share(ra);
	if (s->window > most)
		s->window = most;
	if (s->ahead < s->next)
		s->ahead = s->next;
	return s;
}

void
readahead_stalled(struct readahead *ra, struct readahead_stream *s)
{
	uint64_t most = share(ra);

	if (s->window == 0 || s->next < s->grown_at + s->window / 4)
		return; /* the last growth has had no effect yet */
	s->grown_at = s->next;
	s->window *= s->window < most / 4 ? 4 : 2;
	if (s->window > most)
		s->window = most;
}

bool
readahead_next(struct readahead_stream *s, uint64_t unit, uint64_t align,
    uint64_t image_size, uint64_t *from, uint64_t *to)
{
	uint64_t end = s->next + s->window + align - 1, next = s->ahead + unit;

	if (s->window == 0 || s->ahead >= image_size)
		return false;
	end -= end % align;
	next -= next % align;
	if (next <= s->ahead)
		next = s->ahead - s->ahead % align + align;
	if (next > end && end < image_size)
		return false;
	*from = s->ahead;
	*to = s->ahead = next < image_size ? next : image_size;
	return true;
}
