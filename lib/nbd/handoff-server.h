/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A device of the kernel's NBD client whose connections are handed in
 * (nbd/handoff.h), each by a client. While a connection lives, only its client
 * may hand in another. When it has died, any client with the same image may do
 * so. If the image is writable and has no description, only the same client
 * may, because two such images cannot be told apart. The peers get these
 * answers:
 *
 *	attached /dev/nbdN	the kernel has the connection
 *	taken WHO		refused: the link of another client lives
 *	waits WHO		refused: it is another image; the device waits
 *				for its own source, WHO
 *	refused STATUS WHY	it is no NBD server (76), its size is not
 *				suitable (65), or the kernel refuses it (71)
 *	superseded WHO		the same client has connected again, or another
 *				client replaced a link that had died
 *	lost			the link has died
 *	ended			the device was disconnected
 *
 * A peer whose link has died is kept while it stays connected, because it may
 * still report that its source has gone for good.
 */
#ifndef VM_NBD_HANDOFF_SERVER_H
#define VM_NBD_HANDOFF_SERVER_H

#include "nbd/handoff-state.h"

/*
 * Listen at path. Returns 0, or -1 with errno as of handoff_open().
 */
int handoff_server_open(struct handoff_server *, const char *path);

/* Dismiss all peers. The device stays as it is. If there is one, the socket's
 * path stays, too, for the process that takes over. */
void handoff_server_close(struct handoff_server *);

/*
 * Serve the peers until there is news. This waits in poll(2). A handshake with
 * a slow peer does not delay others.
 *
 * Returns the news; or -1 with errno as of nbd_kernel_connect() if the kernel
 * did not take the first connection.
 */
int handoff_server_next(struct handoff_server *);

#endif
