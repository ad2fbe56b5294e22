/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake with an NBD server (NBD protocol, doc/proto.md, "Fixed
 * newstyle negotiation"), through libnbd, so that the kernel can take the
 * connection over.
 */
#ifndef VM_NBD_CLIENT_H
#define VM_NBD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NBD_CLIENT_IDENTITY_SIZE 80 /* "vmedia:" and a SHA-256 in hex */

/* A line of an export's description: the image counts in 4096-byte sectors. */
#define NBD_SECTOR_4096 "sector: 4096"

/* A connection in transmission phase, with nothing in flight. */
struct nbd_connection {
	int socket;	/* the caller closes it */
	uint64_t size;	/* bytes of the export */
	unsigned block; /* bytes of the device's blocks: 512, or 4096 */
	uint64_t flags; /* its transmission flags, NBD_FLAG_* */
	/*
	 * Stands for the image: a hash of its size and of the export's
	 * description; without a description, of its first and last MiB, unless
	 * it is writable. (It is a hash because sysfs shows it to every user.)
	 */
	char identity[NBD_CLIENT_IDENTITY_SIZE];
	bool is_vague; /* the identity is a hash of the size alone */
};

/* What the connection must be. */
struct nbd_wish {
	bool read_only;	      /* whatever the server allows */
	const char *identity; /* instead of the export's own; NULL: its own */
	int limit;	      /* seconds for all of it; 0: no limit */
};

/*
 * Connect to the server at a Unix socket, or take over the connected socket
 * fd where path is NULL (fd itself stays the caller's), and go through the
 * handshake as the kernel needs it: simple replies, no TLS, no contexts.
 *
 * Returns 0; or -1 with errno, where libnbd knows one (ECONNREFUSED, ENOENT,
 * ...), ETIMEDOUT, or else EPROTO, and words for people in why.
 */
int nbd_client_open(const char *path, int fd, const struct nbd_wish *,
    struct nbd_connection *, char *why, size_t why_size);

#endif
