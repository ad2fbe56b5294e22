/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Decompress an image before it is served. A process without privileges reads
 * the compressed file from nbdkit, and gives it to a program such as gzip(1).
 * The program writes into a file without a name, which vm-fetchd keeps open.
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
	int news;  /* poll it for POLLIN; -1: closed */
	int spool; /* the decompressed image; -1: not open */
};

/*
 * Begin to decompress the file that nbdkit serves on the socket, as this user
 * (see become_user()). nbdkit's filter takes blocks of xz of at most block_max
 * bytes: larger ones are decompressed first. Returns 0, or -1 with the failure
 * described.
 */
int unpack_start(struct unpacking *, const struct compression *,
    const char *socket, const char *user, uint64_t block_max, struct failure *);

/* Take a message when news is readable. If the process has died, it is
 * UNPACK_FAILED. */
void unpack_take(struct unpacking *, struct unpack_news *);

/* End the process. The spool stays open. */
void unpack_stop(struct unpacking *);

#endif
