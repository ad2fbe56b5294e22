/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Open a file in a directory whose user is not trusted, such as the drop box of
 * an sftp user.
 *
 * This folder is for vm-import, which copies the bytes of an image into the
 * store or only computes their checksum. (mark.h is for uploads.) It knows
 * nothing of owners, names and quotas.
 */
#ifndef VM_STORE_BENEATH_H
#define VM_STORE_BENEATH_H

#include "base/failure.h"

/*
 * Open the regular file `name` for reading. It must be in the directory itself
 * and on the same file system, must not be a symbolic link, and must have only
 * one link (openat2(2)). path is the directory, which the caller trusts; shown
 * is the name for messages.
 *
 * Returns the descriptor, which is close-on-exec and which the caller closes;
 * or -1 with the failure: EX_NOINPUT if there is no such file; EX_NOPERM if it
 * is a symbolic link, a directory, a device, a FIFO or a socket, has more than
 * one link, or is elsewhere; EX_TEMPFAIL if somebody has a lease on it;
 * EX_IOERR.
 */
int open_beneath(
    const char *path, const char *name, const char *shown, struct failure *why);

#endif
