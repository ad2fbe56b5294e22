/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read an NBD export from a place to its end, with several requests under way,
 * so that the time of each does not add up.
 */
#ifndef VM_NBD_EXPORT_STREAM_H
#define VM_NBD_EXPORT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT_STREAM_DEPTH 8		 /* requests under way */
#define EXPORT_STREAM_CHUNK (256u << 10) /* bytes of each */

struct export_stream {
	int fd; /* the caller's, after read_export_begin() */
	uint64_t begin, at, asked, end; /* where we began, are, have asked to */
	bool done[EXPORT_STREAM_DEPTH]; /* by the number of the chunk */
	unsigned char *chunks;
};

/* Begin at `at`, and end before `end`, at most INT64_MAX. Returns 0, or -1 with errno ENOMEM. */
int export_stream_begin(
    struct export_stream *, int fd, uint64_t at, uint64_t end);

/* The next bytes, at most len. Returns their number, 0 at the end; or -1 with
 * errno as of read_export(). */
ptrdiff_t export_stream_read(struct export_stream *, void *buf, size_t len);

/* Free the memory; the caller closes the socket. Of a zeroed structure, too. */
void export_stream_end(struct export_stream *);

#endif
