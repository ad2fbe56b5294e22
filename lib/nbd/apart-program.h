/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake of client-apart in another program. This saves memory in a
 * caller that runs for long: libnbd loads 16 libraries.
 */
#ifndef VM_NBD_APART_PROGRAM_H
#define VM_NBD_APART_PROGRAM_H

#include "nbd/client-apart.h"

#define NBD_APART_PROGRAM "vm-nbd-attach"

/*
 * Run vm-nbd-attach -H, found by $PATH, with socket as descriptor 0 and back as
 * descriptor 1. The wish must have no identity. May also fail with errno as of
 * execvp(3): ENOENT if there is no such program.
 */
nbd_apart_start nbd_apart_spawn;

#endif
