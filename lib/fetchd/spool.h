/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A file for an image that is decompressed or downloaded before it is served.
 * It has no name, which means that nothing is left however vm-fetchd ends.
 */
#ifndef VM_FETCHD_SPOOL_H
#define VM_FETCHD_SPOOL_H

#include <stdint.h>

#include "base/failure.h"

/* Set the directory of the file. Returns 0; or -1 with the failure described if
 * the path is too long. */
int spool_choose(const char *directory, struct failure *);

/* Set the most bytes that the file may have. Returns 0; or -1 with the failure
 * described if it is not a number. */
int spool_limit(const char *bytes, struct failure *);

/* Returns the chosen directory, or else TMPDIR, or else /var/tmp. */
const char *spool_directory(void);

/* Make the file. Returns its descriptor, or -1 with the failure described. */
int spool_open(struct failure *);

/*
 * Returns how many bytes may be written to the file: three quarters of the free
 * space, because a full disk (or memory, for a tmpfs) harms others; UINT64_MAX
 * if the file system does not tell; never more than spool_limit() allows.
 */
uint64_t spool_room(int fd);

#endif
