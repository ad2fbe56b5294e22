/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "engine/state.h"

#define WAIT_SLICE_MS 250 /* between two calls of `cancelled` */

static bool
is_over_limit(const struct engine *e, int64_t since)
{
	return since != 0 &&
	       clock_ms() - since > (int64_t)e->config.outage_limit * 1000;
}

bool
engine_is_down(const struct engine *e)
{
	return is_over_limit(e, e->outage_since);
}

bool
engine_is_lost(const struct engine *e, const struct slot *s)
{
	return engine_is_down(e) || is_over_limit(e, s->failing_since);
}

int
engine_refusal(const struct engine *e)
{
	if (e->stopping || e->config.cancelled())
		return ESHUTDOWN;
	return e->changed ? EIO : 0;
}

struct slot *
engine_claim(struct engine *e, uint64_t chunk)
{
	struct slot *s;

	for (;;) {
		errno = engine_refusal(e);
		if (errno == 0 && engine_is_down(e))
			errno = EIO;
		if (errno != 0)
			return NULL;
		s = cache_claim(&e->cache, chunk, clock_ms(), false);
		if (s != NULL) {
			s->pins++;
			return s;
		}
		engine_wait_slice(e, &e->slot_freed);
	}
}

void
engine_unpin(struct engine *e, struct slot *s)
{
	if (--s->pins == 0)
		pthread_cond_broadcast(&e->slot_freed);
}

void
engine_wait_slice(struct engine *e, pthread_cond_t *cond)
{
	int64_t end = clock_ms() + WAIT_SLICE_MS;
	struct timespec t = {end / 1000, end % 1000 * 1000000};

	pthread_cond_timedwait(cond, &e->lock, &t);
}

bool
engine_call_waiters(struct engine *e, const struct fetch *f, int error)
{
	unsigned first, last;
	bool any = false;
	struct waiter *w;
	struct slot *s;
	uint64_t at;

	for (at = f->offset; at < f->end; at = chunk_after(at)) {
		s = cache_find(&e->cache, at / CHUNK_SIZE);
		slot_blocks_of(s, f->offset, f->end, &first, &last);
		TAILQ_FOREACH(w, &s->waiters, entry) {
			if (w->from >= last || w->to <= first)
				continue;
			any = true;
			if (w->error == 0)
				w->error = error;
			pthread_cond_signal(&w->woken);
		}
	}
	return any;
}

void
engine_log_fault(
    const struct engine *e, const char *what, const struct fault *f)
{
	char line[FAULT_TEXT_MAX + 64];

	snprintf(line, sizeof(line), "%s: %s", what, f->text);
	e->config.log(line);
}
