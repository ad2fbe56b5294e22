/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Files of this machine that nbdkit uses: opened before it is started, since
 * its user may not open them.
 *
 * Functions return a descriptor that nbdkit inherits; or -1 with the failure
 * described.
 */
#ifndef VM_FETCHD_OPEN_LOCAL_H
#define VM_FETCHD_OPEN_LOCAL_H

#include <stdbool.h>

#include "base/failure.h"

/*
 * Open a local image: a file or a block device. shown is what to call it in a
 * message. With no_links, a symbolic link anywhere in the path is refused, also
 * one that was made after somebody checked the path.
 */
int open_local_image(const char *path, const char *shown, bool writable,
    bool no_links, struct failure *);

/* Open an overlay. *made says whether there was none and we created it. */
int open_local_overlay(const char *path, bool *made, struct failure *);

#endif
