/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Predict what readers will want next. Several streams are followed at once (a
 * host reads directories while it copies a file); each is known by the byte at
 * which it should continue. A stream has a window: how far ahead of it to
 * request. The window begins with what the source sends in two round trips and
 * 100 ms. It grows only when the reader had to wait nevertheless, as in
 * mountpoint-s3's prefetcher. Random reads have no window. All numbers are
 * bytes; no I/O, no locks.
 */
#ifndef VM_ENGINE_READAHEAD_H
#define VM_ENGINE_READAHEAD_H

#include <stdbool.h>
#include <stdint.h>

#define READAHEAD_STREAMS 16

struct readahead_stream {
	uint64_t next;	   /* where the next read should begin */
	uint64_t ahead;	   /* all bytes before this are cached or requested */
	uint64_t window;   /* 0: one read so far, not a stream yet */
	uint64_t grown_at; /* `next` when the window last grew */
	uint64_t used;	   /* `touches` when it was last touched; 0: unused */
	bool again; /* a stream has read this before (set by the engine) */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t touches;
	uint64_t first, most; /* bytes: of a new window, of all windows */
};

/* Nothing is read ahead until readahead_set_windows() is called. */
void readahead_init(struct readahead *);

/*
 * Set the initial size of a window, and the limit of all windows together (0:
 * read nothing ahead). Both may change at any time.
 */
void readahead_set_windows(struct readahead *, uint64_t first, uint64_t most);

/* A reader reads [from, to). Returns its stream, which is valid until the next
 * touch. */
struct readahead_stream *readahead_touch(
    struct readahead *, uint64_t from, uint64_t to);

/* The reader waited for a byte that was requested ahead of need. */
void readahead_stalled(struct readahead *, struct readahead_stream *);

/*
 * Find the next range to request ahead of a stream: about a unit. It ends at a
 * multiple of align, or at the end of the image, and begins where the last
 * range ended. The stream counts it as requested. Returns false if the stream
 * has enough.
 */
bool readahead_next(struct readahead_stream *, uint64_t unit, uint64_t align,
    uint64_t image_size, uint64_t *from, uint64_t *to);

#endif
