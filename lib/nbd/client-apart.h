/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake with an NBD server in a child without privileges: the server
 * may be anybody, and root must not parse its bytes. The parent checks what the
 * child reports. Nothing here waits for the server.
 *
 * The child is a fork of this process (apart-child.h), or a program
 * (apart-program.h).
 */
#ifndef VM_NBD_CLIENT_APART_H
#define VM_NBD_CLIENT_APART_H

#include <sys/types.h>

#include "nbd/client.h"

/* One such handshake. */
struct nbd_apart {
	int back; /* poll it for POLLIN; -1: no handshake runs */
	pid_t child;
	int64_t limit; /* by clock_ms(): the handshake ends then */
};

/* What the child sends, in one datagram. */
struct nbd_apart_answer {
	int error; /* errno, or 0 */
	struct nbd_connection found;
	char why[512];
};

/* Start the child, which gets the connected socket, and sends its answer to
 * back. Returns its process, or -1 with errno. */
typedef pid_t nbd_apart_start(int socket, int back, const struct nbd_wish *);

/* Initialise the struct: no handshake runs. */
void nbd_apart_init(struct nbd_apart *);

/* Begin a handshake on a connected socket. The wish must have a limit. Returns
 * 0, or -1 with errno as of socketpair(2) and of start. */
int nbd_apart_begin(struct nbd_apart *, int fd, const struct nbd_wish *,
    nbd_apart_start *start);

/* Has the child answered, or is its time over? */
bool nbd_apart_is_over(const struct nbd_apart *);

/*
 * Take the result of a handshake that was begun with the same fd and wish, and
 * end the child. Returns as nbd_client_open() does, with only printable
 * characters in why. If the child has not answered yet, errno is ETIMEDOUT.
 */
int nbd_apart_end(struct nbd_apart *, int fd, const struct nbd_wish *,
    struct nbd_connection *, char *why, size_t why_size);

/* Kill the child, if there is one. */
void nbd_apart_cancel(struct nbd_apart *);

#endif
