/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What nbdkit writes to its standard error, passed on to ours, line by line;
 * but not what it says of each request whose client has gone.
 */
#ifndef VM_FETCHD_NBDKIT_LOG_H
#define VM_FETCHD_NBDKIT_LOG_H

#include <stddef.h>

struct nbdkit_log {
	int reader, writer; /* of a pipe; the writer is nbdkit's */
	size_t used;
	char line[4096]; /* the beginning of one that is not whole yet */
};

/* Make the pipe. Returns 0, or -1 with errno. */
int nbdkit_log_open(struct nbdkit_log *);

/* Pass on what there is, without waiting for more. */
void nbdkit_log_pass(struct nbdkit_log *);

#endif
