/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake with an NBD server that connected to us, which may be anybody:
 * in a child without privileges, so that a stranger's bytes are not parsed by
 * root. What the child says is checked.
 */
#ifndef VM_NBD_CLIENT_APART_H
#define VM_NBD_CLIENT_APART_H

#include "nbd/client.h"

/*
 * As nbd_client_open() with a connected socket, whose wish must have a limit.
 * It waits, but no longer than until there is something to read at stop (-1:
 * nothing). Returns 0; or -1 with errno, ECANCELED where stop ended it, and
 * printable words for people in why.
 */
int nbd_client_open_apart(int fd, int stop, const struct nbd_wish *,
    struct nbd_connection *, char *why, size_t why_size);

#endif
