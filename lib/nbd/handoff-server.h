/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A device of the kernel's NBD client whose connections are handed in at a door
 * (nbd/handoff.h), and whose they are. While one lives, only the client that
 * brought it may bring another; when it has died, anybody may who has the same
 * image (but only that client where it may be written to and says nothing of
 * itself, so that nobody can tell). The guests are answered:
 *
 *	attached /dev/nbdN	the kernel has it
 *	taken WHO		refused: the link of another client lives
 *	waits WHO		refused: it is another image than that of the
 *				device, whose source, WHO, is away
 *	refused STATUS WHY	it is no NBD server (76), not suitable (65), or
 *				the kernel refuses (71)
 *	superseded WHO		the same client has come again, or another took
 *				the place of a link that had died
 *	lost			the link has died
 *	ended			the device was disconnected
 *
 * A guest whose link has died is kept for as long as it stays: it may yet say
 * that it has gone for good.
 */
#ifndef VM_NBD_HANDOFF_SERVER_H
#define VM_NBD_HANDOFF_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "nbd/client.h"
#include "nbd/handoff.h"
#include "nbd/kernel.h"

enum nbd_served_news {
	NBD_SERVED_NOTHING,  /* (not returned) */
	NBD_SERVED_ATTACHED, /* the first connection is the kernel's */
	NBD_SERVED_OK,	     /* the device has a link: of client, who */
	NBD_SERVED_WAITING,  /* it has died: requests wait for another */
	NBD_SERVED_DOWN,     /* ... for longer than the limit: they fail */
	NBD_SERVED_GONE,     /* its client will not come again */
	NBD_SERVED_ENDED,    /* the device is disconnected */
	NBD_SERVED_STOPPED,  /* there is something to read at stop */
};

enum nbd_served_link {
	NBD_LINK_NONE,	/* no device yet */
	NBD_LINK_ALIVE, /* as far as we know */
	NBD_LINK_DYING, /* its socket is shut; the kernel is about to notice */
	NBD_LINK_DEAD,	/* the kernel takes another */
};

struct nbd_served {
	/* What the caller sets; all else is zero. */
	struct nbd_kernel *kernel;
	int stop;	      /* a descriptor, or -1 */
	struct nbd_wish wish; /* of each connection */
	unsigned timeout;     /* seconds, as are those of struct nbd_link */
	unsigned outage;
	int index;	  /* of the device; -1: a free one */
	bool is_attached; /* already, by a process before us, to... */
	struct nbd_connection image; /* ... its size and identity */

	/* What it knows. */
	char client[NBD_DOOR_CLIENT_MAX + 1]; /* whose link is the last one */
	char who[NBD_DOOR_WHO_MAX + 1];

	/* Its own. */
	struct nbd_door door;
	enum nbd_served_link link;
	int socket;	 /* the kernel's, as we have it; -1: unknown */
	bool is_checked; /* we have done its handshake */
	bool is_down;	 /* it has been told so */
	bool is_ok;	 /* there is one more thing to tell: OK */
	int64_t since;	 /* of clock_ms(), when the link was lost */
	int64_t dying_since;
	struct nbd_guest *holder; /* who brought the last one; NULL: is gone */
	struct nbd_guest *next;	  /* who is to have the device after it */
	struct nbd_connection next_connection;
};

/*
 * Open the door at path. Returns 0, or -1 with errno as of nbd_door_open().
 */
int nbd_served_open(struct nbd_served *, const char *path);

/* Let everybody go. The device stays as it is, and so does the door's path
 * where there is one, for who takes over. */
void nbd_served_close(struct nbd_served *);

/*
 * Go on until something is to be told. It waits in poll(2), and for one
 * handshake at a time, for as long as the wish has it.
 *
 * Returns it; or -1 with errno as of nbd_kernel_connect(), where the kernel did
 * not take the first connection.
 */
int nbd_served_next(struct nbd_served *);

#endif
