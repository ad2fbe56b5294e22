/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake with an NBD server that connected to us, which may be anybody:
 * in a child without privileges, so that a stranger's bytes are not parsed by
 * root. What the child says is checked. Nothing here waits.
 */
#ifndef VM_NBD_CLIENT_APART_H
#define VM_NBD_CLIENT_APART_H

#include <sys/types.h>

#include "nbd/client.h"

/* One such handshake. */
struct nbd_apart {
	int back; /* poll it for POLLIN; -1: none is under way */
	pid_t child;
	int64_t limit; /* of clock_ms(): then it is over in any case */
};

/* For a struct that has no handshake yet. */
void nbd_apart_init(struct nbd_apart *);

/* Begin a handshake with the peer at a connected socket, for a wish with a limit.
 * Returns 0, or -1 with errno as of socketpair(2) and fork(2). */
int nbd_apart_begin(struct nbd_apart *, int fd, const struct nbd_wish *);

/* Has the child answered, or is its time over? */
bool nbd_apart_is_over(const struct nbd_apart *);

/*
 * Take the result of a handshake that is over, begun with the same fd and wish.
 * Returns as nbd_client_open() does, with printable words in why. One that is not
 * over ends with ETIMEDOUT.
 */
int nbd_apart_end(struct nbd_apart *, int fd, const struct nbd_wish *,
    struct nbd_connection *, char *why, size_t why_size);

/* End a handshake, if there is one, whatever becomes of it. */
void nbd_apart_cancel(struct nbd_apart *);

#endif
