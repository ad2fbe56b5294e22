/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What readers will want next. Several streams are followed at once (a host
 * reads directories while it copies a file), each by the byte at which it
 * should go on. A stream has a window: how far ahead of it to ask. It begins
 * with what the source gives in two round trips and grows only when the reader
 * had to wait nevertheless, as in mountpoint-s3's prefetcher. Random reads
 * have no window. All numbers are bytes; no I/O, no locks.
 */
#ifndef VM_ENGINE_READAHEAD_H
#define VM_ENGINE_READAHEAD_H

#include <stdbool.h>
#include <stdint.h>

#define READAHEAD_STREAMS 16

struct readahead_stream {
	uint64_t next;	   /* where the next read should begin */
	uint64_t ahead;	   /* up to there it is here, or asked for */
	uint64_t window;   /* 0: one read so far, which is no stream */
	uint64_t grown_at; /* where it was when the window last grew */
	uint64_t used;	   /* when it was last touched, as a count of touches */
	bool again; /* it reads what was read before (the engine's own) */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t touches;
	uint64_t first, most; /* of a window */
};

/* Nothing is read ahead before readahead_set_windows(). */
void readahead_init(struct readahead *);

/*
 * Set the first size of a window, and the limit of all windows together (0:
 * read nothing ahead). They may change at any time.
 */
void readahead_set_windows(struct readahead *, uint64_t first, uint64_t most);

/* A reader reads [from, to). Returns its stream, good until the next touch. */
struct readahead_stream *readahead_touch(
    struct readahead *, uint64_t from, uint64_t to);

/* The reader waited for a byte that had been asked for ahead of need. */
void readahead_stalled(struct readahead *, struct readahead_stream *);

/*
 * The next range to ask for ahead of a stream: about a unit. It ends at a
 * multiple of align, and so begins at one unless the stream does not; the last
 * one ends with the image. It counts as asked for. False where the stream has
 * enough.
 */
bool readahead_next(struct readahead_stream *, uint64_t unit, uint64_t align,
    uint64_t image_size, uint64_t *from, uint64_t *to);

#endif
