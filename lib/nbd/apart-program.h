/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake of client-apart as another program's work: who runs for long with
 * little memory does without libnbd, which loads 16 libraries.
 */
#ifndef VM_NBD_APART_PROGRAM_H
#define VM_NBD_APART_PROGRAM_H

#include "nbd/client-apart.h"

#define NBD_APART_PROGRAM "vm-nbd-attach"

/*
 * Run vm-nbd-attach -H, which is found by $PATH, with the socket on descriptor 0 and
 * the other on descriptor 1. The wish must have no identity. Fails with errno as of
 * execvp(3), too: ENOENT if there is no such program.
 */
nbd_apart_start nbd_apart_spawn;

#endif
