/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/stats.h"

#define RATE_MS 500 /* a rate over a shorter time is of no use */

void
stats_init(struct stats *s, uint64_t image_size, int64_t now)
{
	memset(s, 0, sizeof(*s));
	s->image_size = image_size;
	s->cell = (image_size + STATS_CELLS - 1) / STATS_CELLS;
	s->state = "ok";
	s->counted_at = now;
}

void
stats_fetched(struct stats *s, uint64_t offset, size_t len)
{
	uint64_t i, n, room;

	s->fetched += len;
	for (; len > 0; len -= n, offset += n) {
		i = offset / s->cell;
		room = s->cell - offset % s->cell;
		n = len < room ? len : room;
		s->cells[i] += n;
		if (s->cells[i] > s->cell) /* some bytes came twice */
			s->cells[i] = s->cell;
	}
}

void
stats_tick(struct stats *s, int64_t now)
{
	if (now < s->counted_at + RATE_MS)
		return;
	s->rate = (double)(s->fetched - s->counted) * 1e3 /
		  (double)(now - s->counted_at);
	s->counted = s->fetched;
	s->counted_at = now;
}

/* Returns how many bytes cell i stands for; the last cells may have fewer, or
 * none. */
static uint64_t
cell_size(const struct stats *s, unsigned i)
{
	uint64_t from = i * s->cell;

	if (from >= s->image_size)
		return 0;
	return s->image_size - from < s->cell ? s->image_size - from : s->cell;
}

void
stats_format(const struct stats *s, char text[STATS_TEXT_MAX])
{
	char map[STATS_CELLS + 1];
	uint64_t size;
	unsigned i;

	for (i = 0; i < STATS_CELLS; i++) {
		size = cell_size(s, i);
		if (size == 0)
			break;
		map[i] = s->cells[i] == 0 ? '0'
			 : s->cells[i] >= size
			     ? '9'
			     : (char)('1' + s->cells[i] * 8 / size);
	}
	map[i] = '\0';
	snprintf(text, STATS_TEXT_MAX,
	    "{\"source\": \"%s\", \"size\": %" PRIu64 ", \"read\": %" PRIu64
	    ", \"fetched\": %" PRIu64 ", \"written\": %" PRIu64
	    ", \"hits\": %" PRIu64 ", \"misses\": %" PRIu64
	    ", \"retries\": %" PRIu64
	    ", \"connections\": %u, \"rate\": %.0f, \"latency_ms\": %.1f"
	    ", \"map\": \"%s\"}",
	    s->state, s->image_size, s->read, s->fetched, s->written, s->hits,
	    s->misses, s->retries, s->connections, s->rate, s->latency, map);
}
