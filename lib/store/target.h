/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where the bytes of an image go: a new file or a block device. They are
 * written once, from beginning to end.
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
	bool made;     /* target_open() made it: remove it after a failure */
	uint64_t size; /* bytes of a device, or of a file that is resumed */
	uint64_t at;   /* bytes written */
	uint64_t started, waited; /* bytes that the kernel began to write to the
				   * disk, and has written */
};

/*
 * Make the file `path`, which must not exist, with mode 0600; or open the block
 * device of that name, which must not be in use. If resume is set, the file may
 * exist, and `size` is the number of its bytes. The paths must live as long as
 * the target. Returns 0, or -1 with the failure: EX_CANTCREAT, EX_IOERR,
 * EX_USAGE.
 */
int target_open(struct target *, const char *path, const char *shown,
    bool resume, struct failure *);

/* Is the target the file that this result of stat(2) describes? */
bool target_is_file(const struct target *, const struct stat *);

/* Make an empty file share all blocks of another one instead of copying them
 * (FICLONE, ioctl_ficlonerange(2)). Returns 0, or -1 if that is not
 * possible. */
int target_clone(struct target *, int from);

/* Reserve blocks for a file of that size or, if the file system cannot do that,
 * check that enough are free now. For a device, check that the bytes fit.
 * Returns 0; or -1 with the failure, EX_CANTCREAT. */
int target_reserve(struct target *, uint64_t size, struct failure *);

/* Cut a file to its first `at` bytes and continue after them. Returns 0, or -1
 * with the failure. */
int target_continue(struct target *, uint64_t at, struct failure *);

/* Write the next len bytes. Returns 0; or -1 with the failure: EX_CANTCREAT if
 * there is no space, else EX_IOERR. */
int target_write(
    struct target *, const void *buf, size_t len, struct failure *);

/* Fill the rest of a device with zeros, and write everything to the disk.
 * Returns what target_write() does. */
int target_finish(struct target *, struct failure *);

void target_close(struct target *);

#endif
