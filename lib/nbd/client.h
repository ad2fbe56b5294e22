/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake with an NBD server (NBD protocol, doc/proto.md, "Fixed newstyle
 * negotiation"), through libnbd. After it, the kernel can use the connection.
 */
#ifndef VM_NBD_CLIENT_H
#define VM_NBD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NBD_CLIENT_IDENTITY_SIZE 80 /* "vmedia:" and a SHA-256 in hex */

/* A line of an export's description: the image has sectors of 4096 bytes. */
#define NBD_SECTOR_4096 "sector: 4096"

/* A connection in transmission phase, with nothing in flight. */
struct nbd_connection {
	int socket;	/* the caller closes it */
	uint64_t size;	/* bytes of the export */
	unsigned block; /* bytes of the device's blocks: 512, or 4096 */
	uint64_t flags; /* its transmission flags, NBD_FLAG_* */
	/*
	 * Identifies the image: a hash of its size and of the export's
	 * description. Without a description, a hash of its size and of its
	 * first and last MiB; if it is also writable, of its size alone. (It is
	 * a hash because sysfs shows it to every user.)
	 */
	char identity[NBD_CLIENT_IDENTITY_SIZE];
	bool is_vague; /* the identity is a hash of the size alone */
};

/* What the caller wants from the connection. */
struct nbd_wish {
	bool read_only;	      /* even if the server allows writing */
	const char *identity; /* to use; NULL: derive it from the export */
	int limit;	      /* seconds for the whole handshake; 0: no limit */
};

/*
 * Connect to the server at the Unix socket path; or if path is NULL, use the
 * connected socket fd, which the caller still owns. Do the handshake that the
 * kernel needs: simple replies, no TLS, no contexts.
 *
 * Returns 0; or -1 with the reason in why, and errno: ETIMEDOUT, the errno that
 * libnbd tells (ECONNREFUSED, ENOENT, ...), or else EPROTO.
 */
int nbd_client_open(const char *path, int fd, const struct nbd_wish *,
    struct nbd_connection *, char *why, size_t why_size);

#endif
