/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where the bytes of an image go: a new file, or a block device. They are
 * written once, from front to end.
 */
#ifndef VM_STORE_TARGET_H
#define VM_STORE_TARGET_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct target {
	int fd;
	const char *path, *shown; /* shown: for messages */
	bool is_device;
	bool made;     /* by us: a failure should remove it */
	uint64_t size; /* bytes: of a device, or that a file had before */
	uint64_t at;   /* bytes written */
	uint64_t started, waited; /* ... that the kernel began to write to the
				     disk, and has written */
};

/*
 * Make the file `path`, which must not exist, with mode 0600; or open the block
 * device of that name, which must not be in use. With resume, a file may exist,
 * and `size` tells how many bytes it has. The paths must live as long as the
 * target. Returns 0, or -1 with the failure: EX_CANTCREAT, EX_IOERR, EX_USAGE.
 */
int target_open(struct target *, const char *path, const char *shown,
    bool resume, struct failure *);

/* Is it the file of which stat(2) says this? */
bool target_is_file(const struct target *, const struct stat *);

/* Make an empty file share all blocks of another one, without copying (FICLONE,
 * ioctl_ficlonerange(2)). Returns 0; or -1 where the file system cannot. */
int target_clone(struct target *, int from);

/* Keep blocks for a file of that size, or where the file system cannot, see that
 * they are free now; see that it fits a device. Returns 0; or -1 with the
 * failure, EX_CANTCREAT. */
int target_reserve(struct target *, uint64_t size, struct failure *);

/* Cut a file to its first `at` bytes and go on there. Returns 0, or -1 with the
 * failure. */
int target_continue(struct target *, uint64_t at, struct failure *);

/* Returns 0; or -1 with the failure: EX_CANTCREAT if there is no space, else
 * EX_IOERR. */
int target_write(
    struct target *, const void *buf, size_t len, struct failure *);

/* Write zeros to the rest of a device, and everything to the disk. Returns as
 * target_write() does. */
int target_finish(struct target *, struct failure *);

void target_close(struct target *);

#endif
