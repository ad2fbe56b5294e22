/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A small file that is always whole: a reader sees the old text or
 * the new, never a part (rename(2) within one directory).
 */
#ifndef VM_UNIX_ATOMIC_FILE_H
#define VM_UNIX_ATOMIC_FILE_H

#include <stddef.h>

/*
 * Replace the content of path by len bytes of text and a newline, through
 * path.new. Returns 0; or -1 with errno, and path is unchanged.
 */
int replace_file(const char *path, const char *text, size_t len);

#endif
