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
 * vm-upload writes it; vm-door and `vm-image gc` read it.
 */
#ifndef VM_STORE_MARK_H
#define VM_STORE_MARK_H

#include <stdbool.h>
#include <stdint.h>

/* Returns how many bytes count of a file that has `size` bytes. *is_set, if it is
 * not NULL, says whether there is a mark. */
uint64_t mark_counted(int mark, uint64_t size, bool *is_set);

/*
 * Set the mark: bytes before `at` are on the disk. has_checksum chooses the form.
 * The mark is on the disk on return. Returns 0, or -1 with errno.
 */
int mark_set(int mark, uint64_t at, bool has_checksum);

/* All bytes are on the disk, and are to stay. Returns 0, or -1 with errno. */
int mark_clear(int mark);

#endif
