/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The file `offset` of an upload: from which byte on its data may have to be sent
 * again. It is empty, or one line
 *
 *     00000000000016777216                                  until its checksum is known
 *     00000000000016777216 4ce19d1e-6b2c-4bd4-9e05-...      until the bytes are on the disk
 *
 * The second form has the boot_id of the kernel (random(4)) that had those bytes in
 * memory. While that kernel runs they are there, whatever process was killed. After
 * a power cut some file systems have zeros in their place.
 *
 * vm-upload writes it; vm-door and vm-image (finish, gc) read it.
 */
#ifndef VM_STORE_MARK_H
#define VM_STORE_MARK_H

#include <stdbool.h>
#include <stdint.h>

struct mark {
	bool is_set;
	uint64_t at;   /* the bytes before it are sure; UINT64_MAX: all are */
	bool has_rest; /* the others are in the memory of this kernel */
};

/* Read a mark that is open at the descriptor fd. */
struct mark mark_read(int fd);

/* Returns how many bytes count of a file that has `size` bytes. */
uint64_t mark_counted(int fd, uint64_t size);

enum mark_form {
	MARK_CHECKSUM,
	MARK_MEMORY
};

/*
 * Set the mark: bytes before `at` are on the disk. It is there itself on return.
 * Returns 0, or -1 with errno.
 */
int mark_set(int fd, uint64_t at, enum mark_form form);

/* All bytes are on the disk, and are to stay. Returns 0, or -1 with errno. */
int mark_clear(int fd);

#endif
