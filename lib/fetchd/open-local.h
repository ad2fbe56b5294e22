/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Open the local files that nbdkit uses. vm-fetchd opens them before it starts
 * nbdkit, because the user of nbdkit may have no permission.
 *
 * The functions return a descriptor that nbdkit inherits, or -1 and describe
 * the failure.
 */
#ifndef VM_FETCHD_OPEN_LOCAL_H
#define VM_FETCHD_OPEN_LOCAL_H

#include <stdbool.h>

#include "base/failure.h"

/*
 * Open a local image: a file or a block device. Messages use the name shown.
 * With no_links, refuse the path if it has a symbolic link anywhere, even one
 * that somebody made after vmctl checked the path.
 */
int open_local_image(const char *path, const char *shown, bool writable,
    bool no_links, struct failure *);

/* Open an overlay. *made tells whether this function created the file. */
int open_local_overlay(const char *path, bool *made, struct failure *);

#endif
