/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The child of client-apart: the process that makes the handshake. It gives up
 * its rights. It needs libnbd; in a fork, the parent has libnbd loaded, too.
 */
#ifndef VM_NBD_APART_CHILD_H
#define VM_NBD_APART_CHILD_H

#include "nbd/client-apart.h"

/* Give up all rights, make the handshake on the connected socket, send the
 * answer to back, and exit: with 0, or with 1 if the answer cannot be sent. */
void nbd_apart_run(int socket, int back, const struct nbd_wish *)
    __attribute__((noreturn));

/* Call nbd_apart_run() in a fork of this process. */
nbd_apart_start nbd_apart_fork;

#endif
