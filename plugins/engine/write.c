/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a writer does. A write goes through to the source, and the writer waits
 * until the source has it. Meanwhile the bytes are in the slot, so that the
 * writer may give up while the transfer runs; their blocks count as coming, so
 * that readers wait for them, and nobody fetches the old bytes.
 */
#include <errno.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/request.h"

/* A writer that waits for the end of a write or a flush. */
struct writer {
	pthread_cond_t woken;
	bool ended;
	int error; /* errno, when it has ended; 0: success */
};

/* A write or a flush has ended: tell its writer. */
static void
end_write(struct fetch *f, int error)
{
	struct engine *e = f->engine;
	size_t from = f->offset % CHUNK_SIZE, to = from + (f->end - f->offset);
	struct slot *s = f->slot;
	unsigned first, end;

	if (f->writer != NULL) {
		f->writer->ended = true;
		f->writer->error = error;
		pthread_cond_signal(&f->writer->woken);
		f->writer = NULL;
	}
	if (s == NULL)
		return;
	first = (unsigned)((from + BLOCK_SIZE - 1) / BLOCK_SIZE);
	end = to == s->length ? slot_blocks(s) : (unsigned)(to / BLOCK_SIZE);
	/* A block that was written only in part is not cached: its other bytes
	 * are unknown. */
	if (error == 0 && first < end)
		blocks_set(&s->have, first, end);
	blocks_clear(&s->coming, (unsigned)(from / BLOCK_SIZE),
	    (unsigned)((to + BLOCK_SIZE - 1) / BLOCK_SIZE));
	engine_call_waiters(e, f, 0);
	engine_unpin(e, s);
}

/*
 * A writer gives up. Its write must not be done after the client has been told
 * that it failed: drop it if it is still queued; a running write cannot be
 * stopped.
 */
static void
abandon(struct engine *e, struct fetch *f)
{
	struct fetch *probe;

	f->writer = NULL;
	if (f->list == FETCHES_RUNNING || f->kind == TRANSFER_FLUSH)
		return;
	if (fetches_is_last(&e->fetches, f)) {
		probe = fetches_add_flush(&e->fetches);
		probe->tries = f->tries;
		probe->retry_at = f->retry_at;
	}
	engine_end_request(e, f, EIO);
}

/* May a writer wait longer, for a slot or (NULL) for room? Returns 0 if so, or
 * an errno. */
static int
may_wait(const struct engine *e, const struct slot *s)
{
	int error = engine_refusal(e);
	bool lost = s != NULL ? engine_is_lost(e, s) : engine_is_down(e);

	return error == 0 && lost ? EIO : error;
}

/* Wait until a write or a flush has ended. Returns 0 or an errno. */
static int
wait_for_end(struct engine *e, struct fetch *f)
{
	struct writer w = {.error = 0};
	const struct slot *s = f->slot;
	int error = 0;

	pthread_cond_init(&w.woken, &e->monotonic);
	/* w stays valid until f has ended, or abandon() below. */
	f->writer = &w; /* cppcheck-suppress autoVariables */
	f->ended = end_write;
	e->source->ops->wake(e->source);
	while (!w.ended && error == 0) {
		engine_wait_slice(e, &w.woken);
		if (w.ended)
			break;
		error = may_wait(e, s);
	}
	if (w.ended)
		error = w.error;
	else
		abandon(e, f);
	pthread_cond_destroy(&w.woken);
	return error;
}

/* Wait until there is room for one more transfer. Returns 0 or an errno. */
static int
wait_for_room(struct engine *e)
{
	int error = 0;

	while (error == 0 && !fetches_has_room(&e->fetches, true)) {
		engine_wait_slice(e, &e->slot_freed);
		error = may_wait(e, NULL);
	}
	return error;
}

/*
 * Give some blocks of a pinned slot to the writer: wait until no transfer
 * brings them, and no reader copies from the slot. Returns 0 or an errno.
 */
static int
seize_blocks(struct engine *e, struct slot *s, unsigned first, unsigned end)
{
	static const struct blocks none;
	int error = engine_refusal(e);

	while (error == 0 &&
	       blocks_find_present(&s->coming, &none, first, end) < end) {
		engine_wait_slice(e, &e->slot_freed);
		error = may_wait(e, s);
	}
	if (error != 0)
		return error;
	blocks_clear(&s->have, first, end);
	blocks_set(&s->coming, first, end);
	while (s->copying > 0)
		engine_wait_slice(e, &e->slot_freed);
	return 0;
}

/* Write len bytes of one chunk, whose slot is pinned. Returns 0 or an errno. */
static int
write_part(struct engine *e, struct slot *s, const void *buf, size_t len,
    uint64_t offset)
{
	size_t from = offset % CHUNK_SIZE;
	unsigned first = (unsigned)(from / BLOCK_SIZE);
	unsigned end = (unsigned)((from + len + BLOCK_SIZE - 1) / BLOCK_SIZE);
	int error = seize_blocks(e, s, first, end);

	if (error != 0)
		return error;
	pthread_mutex_unlock(&e->lock);
	memcpy(cache_bytes(&e->cache, s) + from, buf, len);
	pthread_mutex_lock(&e->lock);
	error = wait_for_room(e);
	if (error != 0) {
		blocks_clear(&s->coming, first, end);
		return error;
	}
	s->pins++; /* for the transfer */
	error = wait_for_end(
	    e, fetches_add_write(&e->fetches, s, offset, offset + len));
	e->written++;
	return error;
}

int
engine_write(struct engine *e, const void *buf, size_t len, uint64_t offset)
{
	const unsigned char *in = buf;
	uint64_t chunk;
	struct slot *s;
	int error = 0;
	size_t n;

	pthread_mutex_lock(&e->lock);
	for (; len > 0 && error == 0; len -= n, in += n, offset += n) {
		chunk = offset / CHUNK_SIZE;
		n = CHUNK_SIZE - offset % CHUNK_SIZE;
		if (n > len)
			n = len;
		s = engine_claim(e, chunk);
		if (s == NULL) {
			error = errno;
			break;
		}
		error = write_part(e, s, in, n, offset);
		cache_touch(&e->cache, s);
		engine_unpin(e, s);
	}
	pthread_mutex_unlock(&e->lock);
	errno = error;
	return error == 0 ? 0 : -1;
}

int
engine_flush(struct engine *e)
{
	uint64_t written;
	int error = 0;

	pthread_mutex_lock(&e->lock);
	if (e->flushed != e->written) {
		error = engine_is_down(e) ? EIO : wait_for_room(e);
		/* A write that ends during this flush needs another one. */
		written = e->written;
		if (error == 0)
			error = wait_for_end(e, fetches_add_flush(&e->fetches));
		if (error == 0 && e->flushed < written)
			e->flushed = written;
	}
	pthread_mutex_unlock(&e->lock);
	errno = error;
	return error == 0 ? 0 : -1;
}
