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
#include "fetchd/unpack-job.h"

struct unpacking {
	pid_t pid; /* 0: no process runs */
	int news;  /* poll it for POLLIN; -1 */
	int spool; /* the decompressed image; -1 */
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

#endif
