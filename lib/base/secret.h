/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Secrets (passwords, keys, signed URLs) that programs pass to each other by
 * descriptor: never in argv, which any user can read in /proc, or in the
 * environment, which every child inherits.
 */
#ifndef VM_BASE_SECRET_H
#define VM_BASE_SECRET_H

#include <stddef.h>

/* The most bytes a secret may have: room for a bundle of CA certificates. */
#define SECRET_MAX (1024 * 1024)

/*
 * Read all that is left of fd into new memory, with a NUL at the end. *len (if
 * len is not NULL) is the length without that NUL. fd stays open. Returns
 * memory for secret_free(); or NULL with errno: EFBIG for more than SECRET_MAX
 * bytes, or what read(2) and malloc(3) say.
 */
char *secret_read(int fd, size_t *len);

/*
 * The same for a secret of one line (a password, a URL), which ends at the
 * first newline. EINVAL if that line has a NUL.
 */
char *secret_read_line(int fd);

/*
 * Make a descriptor that reads data from the beginning and lives in memory
 * only. Programs inherit it across exec (no FD_CLOEXEC): that is its purpose. A
 * process that has since changed its user can open it again through
 * /proc/self/fd. Returns the descriptor, which the caller closes, or -1 with
 * errno.
 */
int secret_to_fd(const char *data, size_t len);

/* Overwrite and free what the functions above returned; NULL is allowed. */
void secret_free(char *secret);

#endif
