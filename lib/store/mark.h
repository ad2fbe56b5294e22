/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The file `offset` of an upload: it says from which byte on the upload's data
 * may have to be sent again. It is empty, or has a line in one of two forms:
 *
 *     00000000000016777216
 *     00000000000016777216 4ce19d1e-6b2c-4bd4-9e05-...
 *
 * The first form is for an upload whose checksum is not known yet. The second
 * is for bytes that are not on the disk yet, and has the boot_id (random(4)) of
 * the kernel that had those bytes in memory. While that kernel runs, the bytes
 * are there, whatever process was killed. After a power cut, some file systems
 * have zeros in their place.
 *
 * vm-upload writes it; vm-door and vm-image (finish, gc) read it.
 */
#ifndef VM_STORE_MARK_H
#define VM_STORE_MARK_H

#include <stdbool.h>
#include <stdint.h>

struct mark {
	bool is_set;
	uint64_t at;   /* the bytes before it are safe; UINT64_MAX: all are */
	bool has_rest; /* this kernel has the other bytes in memory */
};

/* Read the mark from the descriptor of its open file. */
struct mark mark_read(int fd);

/* Returns how many of the `size` bytes of a file need not be sent again. */
uint64_t mark_counted(int fd, uint64_t size);

enum mark_form {
	MARK_CHECKSUM,
	MARK_MEMORY
};

/*
 * Set the mark: the bytes before `at` are on the disk. On return, the mark is
 * on the disk, too. Returns 0, or -1 with errno.
 */
int mark_set(int fd, uint64_t at, enum mark_form form);

/* Clear the mark: all bytes are on the disk, and stay. Returns 0, or -1 with
 * errno. */
int mark_clear(int fd);

#endif
