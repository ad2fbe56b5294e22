/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which chunks a reader will want next. A few streams are followed at once
 * (a host reads directories while it copies a file), each known by the chunk
 * it should touch next, as Linux's mm/readahead.c knows one by its marked
 * page; a reader that jumps about gets nothing read ahead. No I/O, no locks.
 */
#ifndef VM_READAHEAD_H
#define VM_READAHEAD_H

#include <stdint.h>

#define READAHEAD_STREAMS 8

struct readahead_stream {
	uint64_t next;	 /* the chunk after the last that was touched */
	uint64_t ahead;	 /* the first chunk not yet asked for */
	uint64_t used;	 /* when it was last touched, as a count of touches */
	uint32_t window; /* chunks to have asked for beyond `next` */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t touches;
	uint32_t max_window;
};

/* max_window: the most chunks ahead of a stream; 0 reads nothing ahead. */
void readahead_init(struct readahead *, uint32_t max_window);

/*
 * A reader has touched this chunk. Returns how many chunks to fetch ahead of
 * it now, from *first on; the caller stops at the image's end.
 */
uint32_t readahead_touch(struct readahead *, uint64_t chunk, uint64_t *first);

#endif
