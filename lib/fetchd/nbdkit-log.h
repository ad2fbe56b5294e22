/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Pass on nbdkit's standard error to our own, line by line, but not the error
 * for each request whose client has gone.
 */
#ifndef VM_FETCHD_NBDKIT_LOG_H
#define VM_FETCHD_NBDKIT_LOG_H

#include <stddef.h>

struct nbdkit_log {
	int reader, writer; /* of a pipe; nbdkit gets the writer */
	size_t used;
	char line[4096]; /* the beginning of a line that has no end yet */
};

/* Make the pipe. Returns 0, or -1 with errno. */
int nbdkit_log_open(struct nbdkit_log *);

/* Pass on the output that the pipe has now, without waiting for more. */
void nbdkit_log_pass(struct nbdkit_log *);

#endif
