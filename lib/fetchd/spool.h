/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A file for an image that is decompressed or downloaded before it is served. It
 * has no name, which means that nothing is left however vm-fetchd ends.
 */
#ifndef VM_FETCHD_SPOOL_H
#define VM_FETCHD_SPOOL_H

#include <stdint.h>

#include "base/failure.h"

/* Make it in that directory from now on. Returns 0; or -1 with the failure
 * described if the path is too long. */
int spool_choose(const char *directory, struct failure *);

/* It may have at most this many bytes. Returns as above. */
int spool_limit(const char *bytes, struct failure *);

/* The directory for it: the one that was chosen, or TMPDIR, or else /var/tmp. */
const char *spool_directory(void);

/* Make one. Returns its descriptor, or -1 with the failure described. */
int spool_open(struct failure *);

/*
 * Bytes that may be written to it: three quarters of the free space, because a
 * full disk, or a full memory where that is a tmpfs, harms others. UINT64_MAX
 * where the file system does not tell. A limit that is smaller counts.
 */
uint64_t spool_room(int fd);

#endif
