/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What readers will want next. Some streams are followed at once (a host
 * reads directories while it copies a file), each known by the byte at which
 * it should go on. A stream has a window: how far ahead of it to have asked.
 * It begins with what the way brings in two round trips and grows only when
 * the reader had to wait nevertheless, as mountpoint-s3's prefetcher does; a
 * reader that jumps about has no window. Bytes throughout; no I/O, no locks.
 */
#ifndef VM_ENGINE_READAHEAD_H
#define VM_ENGINE_READAHEAD_H

#include <stdbool.h>
#include <stdint.h>

#define READAHEAD_STREAMS 16

struct readahead_stream {
	uint64_t next;	   /* where it should go on */
	uint64_t ahead;	   /* up to there it is asked for, or here */
	uint64_t window;   /* 0: one read, and no stream yet */
	uint64_t grown_at; /* where it was when the window last grew */
	uint64_t used;	   /* when it was last touched, as a count of touches */
	bool again;	   /* the engine's: it reads what was read before */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t touches;
	uint64_t first, most; /* of a window */
};

/* Nothing is read ahead before readahead_set_windows(). */
void readahead_init(struct readahead *);

/*
 * A window's first size, and the most that all may have together (0: read
 * nothing ahead). May change at any time.
 */
void readahead_set_windows(struct readahead *, uint64_t first, uint64_t most);

/* A reader reads [from, to). Returns its stream, good until the next touch. */
struct readahead_stream *readahead_touch(
    struct readahead *, uint64_t from, uint64_t to);

/* The reader waited for a byte that it had asked for ahead of need. */
void readahead_stalled(struct readahead *, struct readahead_stream *);

/*
 * The next range to ask for ahead of a stream: whole units, but for the end
 * of the image. It counts as asked for. False where it has enough.
 */
bool readahead_next(struct readahead_stream *, uint64_t unit,
    uint64_t image_size, uint64_t *from, uint64_t *to);

#endif
