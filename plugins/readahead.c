/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "readahead.h"

void
readahead_init(struct readahead *ra, uint32_t max_window)
{
	memset(ra, 0, sizeof(*ra));
	ra->max_window = max_window;
}

/*
 * The stream that chunk continues, or else the one longest unused. A kernel
 * has several requests out at once and they overtake each other, so a stream
 * may also touch the two chunks behind it.
 */
static struct readahead_stream *
find_stream(struct readahead *ra, uint64_t chunk)
{
	struct readahead_stream *s, *oldest = &ra->streams[0];

	for (s = ra->streams; s < ra->streams + READAHEAD_STREAMS; s++) {
		if (s->used != 0 && chunk <= s->next && chunk + 2 >= s->next)
			return s;
		if (s->used < oldest->used)
			oldest = s;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->next = oldest->ahead = chunk + 1;
	return oldest;
}

uint32_t
readahead_touch(struct readahead *ra, uint64_t chunk, uint64_t *first)
{
	struct readahead_stream *s = find_stream(ra, chunk);
	uint64_t end;
	uint32_t count;

	s->used = ++ra->touches;
	if (chunk != s->next)
		return 0; /* still in the chunk that it has been in */
	s->next = chunk + 1;
	s->window = s->window == 0 ? 1 : 2 * s->window;
	if (s->window > ra->max_window)
		s->window = ra->max_window;
	if (s->ahead < s->next)
		s->ahead = s->next;
	end = s->next + s->window;
	if (s->ahead >= end)
		return 0;
	*first = s->ahead;
	count = (uint32_t)(end - s->ahead);
	s->ahead = end;
	return count;
}
