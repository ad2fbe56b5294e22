/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What clients are told that watch a medium: whether the host reads it. The
 * kernel counts the requests of a block device, but tells nobody of them: they
 * are looked at each second, while there is such a client.
 */
#include <string.h>

#include "base/clock.h"
#include "slot/control.h"
#include "slot/slot.h"

#define LOOK_MS 1000
#define LULL_MS 3000 /* without a request: the host does not use the medium */

static bool
is_watched(const struct slot *s)
{
	return (s->phase & PHASES_LIVE) != 0 &&
	       control_find(s->control, CONTROL_WATCH) != -1;
}

/* What is the host doing? `inserted`: it has not read yet. */
static const char *
word_of(struct slot *s)
{
	char count[64];
	bool is_first = *s->watched == '\0';

	slot_medium_requests(s, count);
	if (strcmp(count, s->watched) != 0) {
		strcpy(s->watched, count);
		if (!is_first)
			s->used_at = clock_ms();
	}
	if (slot_medium_reads(s) <= state_get_number(&s->state, "reads"))
		return "inserted";
	return s->used_at != 0 && clock_ms() - s->used_at < LULL_MS ? "reading"
								    : "idle";
}

void
slot_begin_watching(struct slot *s, int client)
{
	control_set(s->control, client, CONTROL_WATCH);
	s->told = ""; /* the new client has heard nothing yet */
	s->watch_at = clock_ms();
}

void
slot_tell_watchers(struct slot *s)
{
	const char *word;

	if (!is_watched(s) || clock_ms() < s->watch_at)
		return;
	s->watch_at = clock_ms() + LOOK_MS;
	word = word_of(s);
	if (strcmp(word, s->told) != 0)
		control_state(s->control, word);
	s->told = word;
}

int
slot_watchers_left(const struct slot *s, int64_t now)
{
	if (!is_watched(s))
		return -1;
	return s->watch_at > now ? (int)(s->watch_at - now) : 0;
}
