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
	return e->outage_logged ? "waiting" : "ok";
}

static void
tell(struct engine *e, int64_t now)
{
	struct stats *s = &e->stats;
	char text[STATS_TEXT_MAX];

	stats_tick(s, now);
	s->state = state_of(e);
	s->connections = e->fetches.running;
	s->latency = e->meter.latency;
	e->told_at = now;
	e->told_read = s->read;
	stats_format(s, text);
	e->config.tell(text);
}

int64_t
engine_tell(struct engine *e)
{
	const struct stats *s = &e->stats;
	int64_t now = clock_ms();

	if (e->config.tell == NULL)
		return INT64_MAX;
	if (now < e->told_at + TELL_MS)
		return e->told_at + TELL_MS;
	if (s->fetched != s->counted || s->read != e->told_read ||
	    s->rate != 0 || strcmp(s->state, state_of(e)) != 0 ||
	    e->told_at == 0)
		tell(e, now);
	return now + TELL_MS;
}

void
engine_tell_down(struct engine *e)
{
	if (e->config.tell != NULL && engine_is_down(e) &&
	    strcmp(e->stats.state, "down") != 0)
		tell(e, clock_ms());
}
