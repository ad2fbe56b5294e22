/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where the bytes of an image come from: a file, a block device, a stream or an
 * NBD server. They are read once, from beginning to end.
 */
#ifndef VM_STORE_SOURCE_H
#define VM_STORE_SOURCE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdint.h>

#include "base/failure.h"
#include "nbd/export-stream.h"

#define SOURCE_UNKNOWN UINT64_MAX /* the size of a stream */

enum source_kind {
	SOURCE_FILE,
	SOURCE_DEVICE,
	SOURCE_STREAM,
	SOURCE_NBD
};

struct source {
	enum source_kind kind;
	int fd;
	const char *shown;    /* the name for messages */
	uint64_t size;	      /* bytes, or SOURCE_UNKNOWN */
	uint64_t at, dropped; /* bytes read, and dropped from the page cache */
	int lease;	      /* a descriptor with a lease on the file, or -1 */
	struct stat first;    /* of a file, from before the first read */
	struct export_stream nbd;
};

/*
 * Open `from`: "-" is standard input, "nbd:SOCKET" the default export of an NBD
 * server, everything else a file or a block device. shown must live as long as
 * the source. Returns 0; or -1 with the failure and nothing open: EX_NOINPUT,
 * EX_NOPERM, EX_IOERR, and EX_PROTOCOL for NBD.
 */
int source_open(
    struct source *, const char *from, const char *shown, struct failure *);

/*
 * Open the file `name` in the directory box, as open_beneath() does, and check
 * that nobody writes to it: by a lease or, if no lease is possible, by waiting
 * for `quiet` seconds. After a wait, `lease` is -1, and the caller should tell
 * the user. Returns what source_open() does, and EX_TEMPFAIL if somebody writes
 * to the file.
 */
int source_open_beneath(struct source *, const char *box, const char *name,
    const char *shown, unsigned quiet, struct failure *);

/* Begin to read at the byte `at`. Call this once, before the first
 * source_read(). A stream can begin at 0 only. Returns 0, or -1 with the
 * failure. */
int source_begin(struct source *, uint64_t at, struct failure *);

/*
 * Read the next len bytes, or fewer at the end of a stream or of a file that
 * has become shorter. Returns the number of bytes; or -1 with the failure:
 * EX_IOERR, EX_PROTOCOL, or EX_TEMPFAIL if somebody opened a leased file for
 * writing.
 */
ssize_t source_read(struct source *, void *buf, size_t len, struct failure *);

/* Call this after the last byte: is a file unchanged, by size, mtime and ctime?
 * Returns 0; or -1 with the failure, EX_TEMPFAIL if it has changed. */
int source_check(struct source *, struct failure *);

void source_close(struct source *);

#endif
