/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Decompress an image before it is served. A process without privileges reads
 * the compressed file from nbdkit, gives it to a program such as gzip(1), and
 * lets that write into a file without a name, which vm-fetchd holds.
 */
#ifndef VM_FETCHD_UNPACK_H
#define VM_FETCHD_UNPACK_H

#include <sys/types.h>

#include <stdint.h>

#include "base/failure.h"
#include "fetchd/decompress.h"

struct unpacking {
	pid_t pid; /* 0: no process runs */
	int news;  /* poll it for POLLIN; -1 */
	int spool; /* the decompressed image; -1 */
};

enum unpack_kind {
	UNPACK_PROGRESS,
	UNPACK_DONE,
	UNPACK_STREAM, /* xz whose blocks can be decompressed one by one */
	UNPACK_FAILED,
};

/* A message of that process, which reads what a stranger wrote. */
struct unpack_news {
	enum unpack_kind kind;
	int status;		    /* of UNPACK_FAILED, as in sysexits(3) */
	uint64_t read, of, written; /* bytes */
	char text[256];		    /* why, of UNPACK_FAILED */
};

/*
 * Begin to decompress what nbdkit serves on the socket, as that user (see
 * become_user()). A block of xz may have block_max bytes to be read alone.
 * Returns 0, or -1 with the failure described.
 */
int unpack_start(struct unpacking *, const struct compression *,
    const char *socket, const char *user, uint64_t block_max, struct failure *);

/* Take the message that poll(2) tells of. The process's death is a failure. */
void unpack_take(struct unpacking *, struct unpack_news *);

/* End the process. The spool stays open. */
void unpack_stop(struct unpacking *);

/* What that process has. */
struct unpack_job {
	const struct compression *compression;
	int nbd, spool, news; /* descriptors */
	uint64_t block_max;
};

/* In that process: decompress, and end it. */
void unpack_run(const struct unpack_job *job) __attribute__((noreturn));

#endif
