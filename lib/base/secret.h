/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Secrets (passwords, keys, signed URLs) on their way between programs: by
 * descriptor, never in argv or the environment, which any user can read in
 * /proc.
 */
#ifndef VM_BASE_SECRET_H
#define VM_BASE_SECRET_H

#include <stddef.h>

/* The most bytes a secret may have: room for a bundle of CA certificates. */
#define SECRET_MAX (1024 * 1024)

/*
 * Read all that is left of fd into memory of its own, with a NUL behind it.
 * *len (where len is not NULL) is its length without that NUL. fd stays open.
 * Returns what secret_free() frees, or NULL with errno: EFBIG above
 * SECRET_MAX, or what read(2) and malloc(3) say.
 */
char *secret_read(int fd, size_t *len);

/*
 * The same, for a secret of one line (a password, a URL): cut at the first
 * newline. EINVAL where it holds a NUL.
 */
char *secret_read_line(int fd);

/*
 * A descriptor that reads data from its beginning and lives in memory only.
 * It is inherited by exec (no FD_CLOEXEC): that is what it is for. Readable
 * again through /proc/self/fd by a process that has since changed its user.
 * Returns the descriptor, which the caller closes, or -1 with errno.
 */
int secret_to_fd(const char *data, size_t len);

/* Overwrite and free what the above returned; NULL is fine. */
void secret_free(char *secret);

#endif
