/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A device of the kernel's NBD client whose connections are made by us, to a
 * server at a Unix socket. (nbd/handoff-server.h is the one to which they come.)
 */
#ifndef VM_NBD_RECONNECT_H
#define VM_NBD_RECONNECT_H

#include "nbd/client.h"
#include "nbd/kernel.h"

enum nbd_reconnect_news {
	NBD_RECONNECT_LOST,	/* the link has died */
	NBD_RECONNECT_RESTORED, /* ... and there is another */
	NBD_RECONNECT_CHANGED,	/* ... but only of another image */
	NBD_RECONNECT_ENDED,	/* the device is disconnected */
};

/* What the caller sets, all of it. */
struct nbd_reconnect {
	struct nbd_kernel *kernel;
	const char *server; /* a Unix socket; NULL: there is no second time */
	struct nbd_wish wish;
	unsigned timeout; /* seconds, as are those of struct nbd_link */
	unsigned outage;
	int index; /* of the device; before it is attached, -1: a free one */
	struct nbd_connection image; /* the first one */
};

/*
 * Attach the image. Returns the device's index, which stands in d too, or -1
 * with errno as of nbd_kernel_connect(). The image's socket is closed.
 */
int nbd_reconnect_attach(struct nbd_reconnect *);

/*
 * Make a new link, trying for as long as the device is there; the kernel takes
 * it where its own has died. Returns NBD_RECONNECT_RESTORED, _CHANGED or _ENDED.
 */
int nbd_reconnect_mend(struct nbd_reconnect *);

/* Wait until the link has died (to be mended then), or the device is gone.
 * Returns NBD_RECONNECT_LOST, _CHANGED or _ENDED. */
int nbd_reconnect_next(struct nbd_reconnect *);

#endif
