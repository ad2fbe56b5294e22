/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "base/clock.h"
#include "engine/publish.h"

#define TELL_MS 1000

static const char *
state_of(const struct engine *e)
{
	if (e->changed)
		return "changed";
	if (engine_is_down(e))
		return "down";
	if (e->denied)
		return "refused";
	return e->outage_logged || e->hold_until > clock_ms() ? "waiting"
							      : "ok";
}

static void
tell(struct engine *e, int64_t now)
{
	struct stats *s = &e->stats;
	const char *was = s->state;
	char text[STATS_TEXT_MAX];

	stats_tick(s, now);
	s->state = state_of(e);
	s->connections = e->fetches.running;
	s->latency = e->meter.latency;
	stats_format(s, text);
	e->told_at = now;
	e->told = e->config.tell(text);
	if (e->told)
		e->told_read = s->read;
	else
		s->state = was;
}

static bool
has_news(const struct engine *e)
{
	const struct stats *s = &e->stats;

	return !e->told || s->fetched != s->counted ||
	       s->read != e->told_read || s->rate != 0 ||
	       strcmp(s->state, state_of(e)) != 0;
}

int64_t
engine_tell(struct engine *e)
{
	int64_t now = clock_ms(), next = e->told_at + TELL_MS;

	/* No event occurs when an outage becomes `down` or a pause ends, so
	 * look each second. */
	e->told_all =
	    e->config.tell == NULL ||
	    (!has_news(e) && e->outage_since == 0 && e->hold_until <= now);
	if (e->told_all)
		return INT64_MAX;
	if (now >= next) {
		if (has_news(e))
			tell(e, now);
		next = now + TELL_MS;
	}
	return next;
}

void
engine_tell_down(struct engine *e)
{
	if (e->config.tell != NULL && engine_is_down(e) &&
	    strcmp(e->stats.state, "down") != 0)
		tell(e, clock_ms());
}
