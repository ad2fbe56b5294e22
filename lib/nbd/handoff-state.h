/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The state of nbd/handoff-server.h: its device, its peers, and the news for
 * its caller. nbd/handoff-link.h changes the link in it.
 */
#ifndef VM_NBD_HANDOFF_STATE_H
#define VM_NBD_HANDOFF_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "nbd/client-apart.h"
#include "nbd/client.h"
#include "nbd/handoff.h"
#include "nbd/kernel.h"

enum handoff_server_news {
	HANDOFF_SERVER_NOTHING,	 /* (not returned) */
	HANDOFF_SERVER_ATTACHED, /* the kernel has the first connection */
	HANDOFF_SERVER_OK,	 /* the device has a link: see client, who */
	HANDOFF_SERVER_WAITING,	 /* the link died: requests wait for another */
	HANDOFF_SERVER_DOWN, /* dead for longer than the limit: requests fail */
	HANDOFF_SERVER_GONE, /* the client will not connect again */
	HANDOFF_SERVER_ENDED,	/* the device is disconnected */
	HANDOFF_SERVER_STOPPED, /* stop is readable */
};

enum handoff_server_link {
	NBD_LINK_NONE,	/* no device yet */
	NBD_LINK_ALIVE, /* as far as we know */
	NBD_LINK_DYING, /* its socket is shut; the kernel is about to notice */
	NBD_LINK_DEAD,	/* the kernel accepts another link */
};

struct handoff_server {
	/* The caller sets these, and the others to zero. */
	struct nbd_kernel *kernel;
	int stop;	      /* a descriptor, or -1 */
	struct nbd_wish wish; /* for each connection */
	unsigned timeout;     /* seconds, both as in struct nbd_link */
	unsigned outage;
	int index;	  /* of the device; -1: a free one */
	bool is_attached; /* a process before us has attached the device */
	struct nbd_connection image; /* if so, its size and identity */

	/* For the caller to read. */
	char client[HANDOFF_CLIENT_MAX + 1]; /* of the last link */
	char who[HANDOFF_WHO_MAX + 1];

	/* Private. */
	struct handoff handoff;
	struct nbd_apart checks[HANDOFF_PEERS]; /* the handshake of each peer */
	enum handoff_server_link link;
	int socket;	 /* our copy of the kernel's; -1: we have none */
	bool is_checked; /* this process has done its handshake */
	bool is_down;	 /* _DOWN has been returned */
	bool is_ok;	 /* _OK is to be returned next */
	int64_t since;	 /* by clock_ms(): when the link was lost */
	int64_t dying_since;
	struct handoff_peer
	    *holder; /* the peer of the last link; NULL: it is gone */
	struct handoff_peer *next; /* gets the device when that link is dead */
	struct nbd_connection next_connection;
};

#endif
