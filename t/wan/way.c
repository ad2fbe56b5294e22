/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * One direction of a connection.
 */
#include "way.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define RING_SIZE ((size_t)32 << 20) /* bytes on the way in each direction */
#define READ_MAX  ((size_t)256 << 10)

void
way_init(struct way *w, int from, int to)
{
	unsigned char *ring = w->ring;

	memset(w, 0, sizeof(*w));
	w->ring = ring;
	if (ring == NULL)
		w->ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->ring == MAP_FAILED)
		err(EX_OSERR, "unable to get memory");
	if (ring == NULL)
		madvise(w->ring, RING_SIZE, MADV_HUGEPAGE);
	w->from = from;
	w->to = to;
}

bool
way_has_room(const struct way *w)
{
	return !w->ended && w->in - w->out < RING_SIZE &&
	       w->mark_count < MARKS_MAX;
}

bool
way_fill(struct way *w, int64_t when)
{
	size_t at = w->in % RING_SIZE, n = RING_SIZE - at;
	ssize_t got;

	if (n > RING_SIZE - (w->in - w->out))
		n = RING_SIZE - (w->in - w->out);
	if (n > READ_MAX)
		n = READ_MAX;
	got = read(w->from, w->ring + at, n);
	if (got == -1)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0) {
		w->ended = true;
		return true;
	}
	w->in += (uint64_t)got;
	w->marks[(w->first_mark + w->mark_count++) % MARKS_MAX] =
	    (struct mark){when, w->in};
	return true;
}

size_t
way_due(struct way *w, int64_t now)
{
	uint64_t end = w->out;
	unsigned i;

	for (i = 0; i < w->mark_count; i++) {
		struct mark *m = &w->marks[(w->first_mark + i) % MARKS_MAX];

		if (m->when > now)
			break;
		end = m->end;
	}
	return (size_t)(end - w->out);
}

static void
way_forget_marks(struct way *w)
{
	while (w->mark_count > 0 && w->marks[w->first_mark].end <= w->out) {
		w->first_mark = (w->first_mark + 1) % MARKS_MAX;
		w->mark_count--;
	}
}

ssize_t
way_drain(struct way *w, size_t n)
{
	size_t at = w->out % RING_SIZE;
	ssize_t put;

	if (n > RING_SIZE - at)
		n = RING_SIZE - at;
	put = send(w->to, w->ring + at, n, MSG_NOSIGNAL);
	if (put == -1) {
		w->blocked = errno == EAGAIN;
		return w->blocked || errno == EINTR ? 0 : -1;
	}
	w->out += (uint64_t)put;
	way_forget_marks(w);
	/* Use the same pages again if possible, because they are in the CPU's
	 * cache. */
	if (w->in == w->out)
		w->in = w->out = 0;
	return put;
}

void
way_end(struct way *w)
{
	if (!w->ended || w->told || w->in != w->out)
		return;
	shutdown(w->to, SHUT_WR);
	w->told = true;
}

void
way_forget(struct way *w)
{
	madvise(w->ring, RING_SIZE, MADV_DONTNEED);
}

int64_t
way_next(const struct way *w, int64_t now)
{
	if (w->blocked || w->mark_count == 0)
		return NEVER;
	return w->marks[w->first_mark].when > now ? w->marks[w->first_mark].when
						  : now;
}
