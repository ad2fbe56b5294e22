/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A device of the kernel's NBD client for which this process makes the
 * connections, to a server at a Unix socket. (In nbd/handoff-server.h, clients
 * make the connections.)
 */
#ifndef VM_NBD_RECONNECT_H
#define VM_NBD_RECONNECT_H

#include "nbd/client.h"
#include "nbd/kernel.h"

enum nbd_reconnect_news {
	NBD_RECONNECT_LOST,	/* the connection is lost */
	NBD_RECONNECT_RESTORED, /* there is a new connection */
	NBD_RECONNECT_CHANGED,	/* the server now serves another image */
	NBD_RECONNECT_ENDED,	/* the device is disconnected */
};

/* The caller sets all members. */
struct nbd_reconnect {
	struct nbd_kernel *kernel;
	const char *server; /* a Unix socket; NULL: do not connect again */
	struct nbd_wish wish;
	unsigned timeout; /* seconds, as in struct nbd_link */
	unsigned outage;
	int index; /* of the device; -1: nbd_reconnect_attach() finds one */
	struct nbd_connection image; /* the first connection */
};

/*
 * Attach the image. Returns the index of the device and sets the member index,
 * or returns -1 with errno as nbd_kernel_connect() does. Closes the socket of
 * the member image.
 */
int nbd_reconnect_attach(struct nbd_reconnect *);

/*
 * Make a new connection, and try as long as the device exists. The kernel
 * accepts it only if its own connection is lost. Returns
 * NBD_RECONNECT_RESTORED, _CHANGED or _ENDED.
 */
int nbd_reconnect_mend(struct nbd_reconnect *);

/* Wait until the connection is lost or the device is disconnected. If it is
 * lost, call nbd_reconnect_mend(). Returns NBD_RECONNECT_LOST, _CHANGED or
 * _ENDED. */
int nbd_reconnect_next(struct nbd_reconnect *);

#endif
