/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/publish.h"
#include "engine/request.h"
#include "engine/retry.h"

#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS  2000 /* a source away for 20 s is found again by 25 s */
#define QUIET_MS       1000 /* a shorter outage is not logged */
#define PROBE_BYTES    (64 * 1024)

/* --- an outage --------------------------------------------------------- */

/* End the pauses of this list's ranges, so that all are tried now. */
static void
hurry(struct engine *e, enum fetch_list list)
{
	struct fetch *f;

	TAILQ_FOREACH(f, &e->fetches.lists[list], entry)
		f->retry_at = 0;
}

void
engine_end_outage(struct engine *e)
{
	engine_tell_down(e);
	e->outage_since = 0;
	e->denied = false;
	/* During a pause, bytes come from transfers that started before it. */
	if (!e->outage_logged || e->hold_until > clock_ms())
		return;
	e->config.note("the image's source is back");
	hurry(e, FETCHES_DEMAND);
	hurry(e, FETCHES_AHEAD);
	e->outage_logged = false;
}

/*
 * A range of a slot has failed. If it failed before, and other chunks have come
 * since, the cause is the chunk; otherwise it is the source.
 */
static void
note_slot_fault(const struct engine *e, struct slot *s, int64_t progress)
{
	if (s->failed_at != 0 && e->came_at > s->failed_at &&
	    s->failing_since == 0)
		s->failing_since = progress;
	s->failed_at = clock_ms();
}

/* --- trying again ------------------------------------------------------ */

/* Returns the pause before the next try: it doubles with each try, plus or
 * minus a random quarter. */
static int64_t
retry_pause(struct engine *e, unsigned tries)
{
	int64_t pause = RETRY_LAST_MS;

	if (tries < 6)
		pause = RETRY_FIRST_MS << (tries - 1);
	return pause * 3 / 4 + rand_r(&e->seed) % (pause / 2);
}

/*
 * The server asks for a pause (HTTP's Retry-After): start nothing until it
 * ends. The pause is at most a third of the outage limit, so that the server is
 * asked three times before waiting readers get an error.
 */
static void
hold(struct engine *e, const struct fault *fault)
{
	int64_t ms = (int64_t)fault->retry_after * 1000;
	int64_t most = (int64_t)e->config.outage_limit * 1000 / 3;
	char what[64];

	if (ms == 0)
		return;
	if (ms > most)
		ms = most;
	e->hold_until = clock_ms() + ms;
	if (e->outage_logged || ms <= QUIET_MS)
		return;
	snprintf(what, sizeof(what),
	    "the source asks for a pause, trying again in %d s",
	    (int)((ms + 999) / 1000));
	engine_log_fault(e, what, fault);
	e->outage_logged = true;
}

int64_t
engine_note_fault(
    struct engine *e, int64_t since, unsigned *tries, const struct fault *fault)
{
	e->stats.retries++;
	++*tries;
	hold(e, fault);
	if (e->outage_since == 0)
		e->outage_since = since;
	if (!e->outage_logged && clock_ms() - e->outage_since > QUIET_MS) {
		engine_log_fault(
		    e, "unable to use the source, trying again", fault);
		e->outage_logged = true;
	}
	return retry_pause(e, *tries);
}

/*
 * Choose the range to try again until the source answers. Nobody waits for f,
 * and f may be the only bad range of the image, so the range of the last
 * refused read is better. A write is not repeated unless a client asks for it:
 * a flush, which does no harm, is tried instead.
 */
static struct fetch *
choose_probe(struct engine *e, struct fetch *f)
{
	uint64_t from = e->refused - e->refused % BLOCK_SIZE;
	struct fetch *probe;

	if (f->kind == TRANSFER_READ && !engine_is_down(e))
		return f;
	engine_ask(e, from, from + PROBE_BYTES, true);
	probe = TAILQ_FIRST(&e->fetches.lists[FETCHES_DEMAND]);
	if (probe == NULL && f->kind == TRANSFER_READ)
		return f;
	if (probe == NULL)
		probe = fetches_add_flush(&e->fetches);
	probe->tries = f->tries;
	engine_end_request(e, f, EIO);
	return probe;
}

/*
 * Try a range again. A range that nobody waits for is dropped, except the last
 * one, which is needed to notice the end of the outage.
 */
static void
retry(struct engine *e, struct fetch *f, const struct fault *fault)
{
	bool is_wanted = f->kind == TRANSFER_READ ? engine_call_waiters(e, f, 0)
						  : f->writer != NULL;

	int64_t pause;

	if (f->slot != NULL)
		note_slot_fault(e, f->slot, f->progress);
	pause = engine_note_fault(e, f->progress, &f->tries, fault);
	if (!is_wanted && !fetches_is_last(&e->fetches, f)) {
		engine_end_request(e, f, EIO);
		return;
	}
	if (!is_wanted)
		f = choose_probe(e, f);
	f->retry_at = clock_ms() + pause;
	fetches_move(
	    &e->fetches, f, f->for_reader ? FETCHES_DEMAND : FETCHES_AHEAD);
}

/* --- giving up --------------------------------------------------------- */

/*
 * A refusal is an answer, so there is no outage. If the range was read ahead, a
 * reader that waits for it requests it again, and then gets the refusal.
 */
static void
refuse_request(struct engine *e, struct fetch *f, const struct fault *fault)
{
	bool is_read = f->kind == TRANSFER_READ;

	e->outage_since = 0;
	e->denied = true;
	if (f->for_reader)
		engine_log_fault(
		    e, is_read ? "unable to read" : "unable to write", fault);
	if (is_read)
		engine_call_waiters(e, f, f->for_reader ? EIO : 0);
	engine_end_request(e, f, EIO);
}

void
engine_fail_for_good(struct engine *e, const struct fault *fault)
{
	struct waiter *w;
	uint32_t i;

	if (!e->changed)
		engine_log_fault(e, "unable to go on", fault);
	e->changed = true;
	for (i = 0; i < e->cache.slot_count; i++)
		TAILQ_FOREACH(w, &e->cache.slots[i].waiters, entry)
			pthread_cond_signal(&w->woken);
}

void
engine_take_fault(struct engine *e, struct fetch *f, const struct fault *fault)
{
	switch (fault->kind) {
	case FAULT_TRANSIENT:
	case FAULT_AGAIN:
		retry(e, f, fault);
		return;
	case FAULT_REQUEST:
	case FAULT_NO_RANGES: /* only open() returns it */
		refuse_request(e, f, fault);
		return;
	case FAULT_CHANGED:
	case FAULT_DOUBTED:
		engine_fail_for_good(e, fault);
		engine_end_request(e, f, EIO);
		return;
	}
}
