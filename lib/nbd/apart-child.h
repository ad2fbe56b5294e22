/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The other side of client-apart: the process that makes the handshake. It gives up
 * its rights, and it needs libnbd, which it shares with who forks it.
 */
#ifndef VM_NBD_APART_CHILD_H
#define VM_NBD_APART_CHILD_H

#include "nbd/client-apart.h"

/* Give up all rights, make the handshake on the connected socket, send the answer to
 * back, and end: with 0, or with 1 where the answer can't be sent. */
void nbd_apart_run(int socket, int back, const struct nbd_wish *)
    __attribute__((noreturn));

/* Do that in a fork of this process. */
nbd_apart_start nbd_apart_fork;

#endif
