/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read a range of an NBD export in order. Several requests are in progress at
 * the same time, because their round trips would otherwise add up.
 */
#ifndef VM_NBD_EXPORT_STREAM_H
#define VM_NBD_EXPORT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT_STREAM_DEPTH 8		 /* requests in progress */
#define EXPORT_STREAM_CHUNK (256u << 10) /* bytes of each */

struct export_stream {
	int fd; /* the caller's, after read_export_begin() */
	uint64_t begin, at, asked, end; /* first, next, next to ask, end */
	bool done[EXPORT_STREAM_DEPTH]; /* by the chunk's number */
	unsigned char *chunks;
};

/* Read from `at` to before `end`, which is at most INT64_MAX. Returns 0, or -1
 * with errno ENOMEM. */
int export_stream_begin(
    struct export_stream *, int fd, uint64_t at, uint64_t end);

/* Get the next bytes, at most len. Returns their number, 0 at the end; or -1
 * with errno as of read_export(). */
ptrdiff_t export_stream_read(struct export_stream *, void *buf, size_t len);

/* Free the memory; the caller closes the socket. A zeroed struct is fine. */
void export_stream_end(struct export_stream *);

#endif
