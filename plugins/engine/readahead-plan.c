/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "engine/readahead-plan.h"
#include "engine/request.h"

#define KIB 1024
#define MIB (1024 * 1024)

/*
 * The read-ahead windows, in bytes; and for how many milliseconds, beyond the
 * latency, a window must hold what the source can send.
 */
#define FIRST_MIN   (256 * KIB)
#define FIRST_MAX   (8 * MIB)
#define MOST_MIN    (4 * MIB)
#define FIRST_AHEAD 100
#define MOST_AHEAD  1000
/*
 * The size of a range that is requested ahead of need. If a stream has a large
 * window, its ranges begin and end at whole MiB, because HTTP caches divide
 * files there: a range across such a boundary would need two of their parts.
 */
#define UNIT_MIN	 (256 * KIB)
#define UNIT_MAX	 (6 * MIB)
#define WHOLE_MIB_WINDOW (512 * KIB)
#define THIN_RATE	 (4 * MIB) /* bytes a second, of all connections */
#define UNIT_MS		 500	   /* of one connection's rate */
/* A random read requests at least this. */
#define RANDOM_MIN (64 * KIB)

static uint64_t
clamp(double x, uint64_t min, uint64_t max)
{
	if (x > (double)max)
		x = (double)max;
	return x < (double)min ? min : (uint64_t)x;
}

void
engine_tune(struct engine *e)
{
	const struct meter *m = &e->meter;
	double first = m->rate * (FIRST_AHEAD + 2 * m->latency) / 1e3;
	double most = m->total * (MOST_AHEAD + 4 * m->latency) / 1e3;
	uint64_t least =
	    e->ahead_budget < MOST_MIN ? e->ahead_budget : MOST_MIN;

	readahead_set_windows(&e->readahead, clamp(first, FIRST_MIN, FIRST_MAX),
	    clamp(most, least, e->ahead_budget));
}

/* Returns the most bytes to request at once if the rate is limited; UINT64_MAX
 * if it is not. */
static uint64_t
limit_of(const struct engine *e)
{
	return e->config.limit_rate > 0 ? e->config.limit_rate * UNIT_MS / 1000
					: UINT64_MAX;
}

/*
 * Returns the number at whose multiples a stream's ranges end. On a slow line,
 * a whole MiB takes too long: the reader would wait for it while other
 * connections share the line.
 */
static uint64_t
align_of(const struct engine *e, const struct readahead_stream *stream)
{
	return stream->window >= WHOLE_MIB_WINDOW &&
		       e->meter.total >= THIN_RATE && limit_of(e) >= MIB
		   ? MIB
		   : UNIT_MIN;
}

/*
 * How much to request at once ahead of a stream. Each connection gets a share
 * of the window, but is not busy for long, because another reader may need it.
 */
static uint64_t
unit_of(const struct engine *e, const struct readahead_stream *stream)
{
	double busy = e->meter.rate * UNIT_MS / 1e3;
	double part = (double)stream->window / e->config.connections;
	double limit = (double)limit_of(e);
	uint64_t unit;

	if (part > busy)
		part = busy;
	if (part > limit)
		part = limit;
	unit = clamp(part, UNIT_MIN, UNIT_MAX);
	if (unit > stream->window)
		unit = stream->window;
	return unit > align_of(e, stream) ? unit : align_of(e, stream);
}

/*
 * How far to read ahead in [from, to): up to the first chunk that another
 * stream has read to its end. If several readers share an image, this one is
 * not likely to continue there.
 */
static uint64_t
stop_of(const struct engine *e, const struct readahead_stream *stream,
    uint64_t from, uint64_t to)
{
	uint64_t chunk;

	for (chunk = from / CHUNK_SIZE; chunk * CHUNK_SIZE < to; chunk++)
		if (!stream->again && cache_was_passed(&e->cache, chunk)) {
			to = chunk * CHUNK_SIZE;
			break;
		}
	return to > from ? to : from;
}

void
engine_plan_ahead(struct engine *e, struct readahead_stream *stream)
{
	uint64_t unit = unit_of(e, stream), align = align_of(e, stream);
	uint64_t from, to, stop;
	bool asked = false;

	if (engine_is_down(e))
		return;
	while (e->fetches.ahead_bytes + unit <= e->ahead_budget &&
	       readahead_next(
		   stream, unit, align, e->source->info.size, &from, &to)) {
		stop = stop_of(e, stream, from, to);
		asked = asked || stop > from;
		if (engine_ask(e, from, stop, false) && stop == to)
			continue;
		stream->ahead = from; /* request the rest later */
		break;
	}
	if (asked)
		e->source->ops->wake(e->source);
}

uint64_t
engine_miss_size(const struct engine *e, bool is_stream)
{
	uint64_t size = CHUNK_SIZE, limit = limit_of(e);

	if (!is_stream)
		size = clamp(e->meter.rate * e->meter.latency / 1e3, RANDOM_MIN,
		    CHUNK_SIZE);
	return size < limit ? size : limit;
}
