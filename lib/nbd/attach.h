/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Attach the export of an NBD server as a block device, and keep it attached:
 * we connect to the server ourselves (dial), or clients hand in connections
 * (serve).
 *
 * Only vm-nbd-attach uses this folder, except export-size, which vm-fetchd
 * uses, and client-apart with apart-program, which vm-drive uses. Only this
 * folder knows the NBD handshake (client, through libnbd) and the kernel's NBD
 * (kernel, over netlink). It does not know files and URLs.
 */
#ifndef VM_NBD_ATTACH_H
#define VM_NBD_ATTACH_H

#include <stdbool.h>

#include "base/failure.h"
#include "nbd/client.h"

struct nbd_attach {
	const char *server;  /* dial: a Unix socket; NULL: descriptor 0 */
	const char *handoff; /* serve: a Unix socket to listen at */
	int stop;	     /* serve: ends when this descriptor is readable */
	struct nbd_wish wish;
	int index;	  /* of the device; -1: any free one */
	bool adopt;	  /* the device is attached already: take it over */
	unsigned timeout; /* seconds, both as in struct nbd_link */
	unsigned outage;
	void (*say)(const char *line); /* prints a line for people */
	void (*on_ready)(int index);   /* the device can be used */
};

/*
 * Connect to the server, attach the device, and run until it is disconnected.
 * Then returns 0; or returns -1 with the failure described, and leaves the
 * device as it is.
 */
int nbd_attach_dial(const struct nbd_attach *, struct failure *);

/*
 * The same for links that are handed in (handoff.h). Returns as
 * nbd_attach_dial(), or 1 if stop ended it, which leaves the device attached.
 */
int nbd_attach_serve(const struct nbd_attach *, struct failure *);

#endif
