/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Tell the clients that watch a medium whether the host reads it, and tell the
 * hooks once that the host has begun to read. The kernel counts the requests of
 * a block device, but does not report them. vm-slot looks at the count each
 * second while a client watches. If only the hooks wait, it looks less and less
 * often, because a host that is off may not read for days.
 */
#include <string.h>

#include "base/clock.h"
#include "slot/control.h"
#include "slot/slot.h"

#define LOOK_MS	    1000
#define LOOK_MAX_MS 10000 /* for a host that does not begin to read */
#define LULL_MS	    3000  /* without a request: the medium is not in use */

static bool
is_watched(const struct slot *s)
{
	return (s->phase & PHASES_LIVE) != 0 &&
	       control_find(s->control, CONTROL_WATCH) != -1;
}

static bool
is_looked_at(const struct slot *s)
{
	return is_watched(s) ||
	       ((s->phase & PHASES_LIVE) != 0 && !s->host_has_read);
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

/* Tell the hooks that the host has read for the first time. The file keeps a
 * vm-slot that adopts the medium from telling them again. */
static void
tell_first_read(struct slot *s)
{
	s->host_has_read = true;
	if (state_has(&s->state, "host-read"))
		return;
	slot_put_number(s, "host-read", state_now());
	slot_hook(s, "host-read");
}

static int64_t
next_look(const struct slot *s)
{
	int64_t twice = 2 * s->look_ms;

	if (is_watched(s) || s->look_ms == 0)
		return LOOK_MS;
	return twice < LOOK_MAX_MS ? twice : LOOK_MAX_MS;
}

void
slot_tell_watchers(struct slot *s)
{
	const char *word;

	if (!is_looked_at(s) || clock_ms() < s->watch_at)
		return;
	s->look_ms = next_look(s);
	s->watch_at = clock_ms() + s->look_ms;
	word = word_of(s);
	if (!s->host_has_read && strcmp(word, "inserted") != 0)
		tell_first_read(s);
	if (!is_watched(s))
		return;
	if (strcmp(word, s->told) != 0)
		control_state(s->control, word);
	s->told = word;
}

int
slot_watchers_left(const struct slot *s, int64_t now)
{
	if (!is_looked_at(s))
		return -1;
	return s->watch_at > now ? (int)(s->watch_at - now) : 0;
}
