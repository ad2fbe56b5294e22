/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The other side of nbd/handoff-server.h: pass an NBD connection to the server
 * process, and run as long as the kernel uses the connection.
 */
#ifndef VM_NBD_HANDOFF_CLIENT_H
#define VM_NBD_HANDOFF_CLIENT_H

#include <stddef.h>

struct handoff_client {
	const char *handoff; /* the Unix socket */
	const char *client;  /* see nbd/handoff.h */
	const char *who;
	int leave; /* readable when the client has finished; -1: unused */
	/* Called each time the kernel begins to use the connection; or NULL. */
	void (*on_attached)(const char *device);
};

/*
 * Pass descriptor 0 to the server process, if it is a stream socket that the
 * kernel's NBD client can use. Otherwise pass one end of a pair of sockets, and
 * relay between the other end and descriptors 0 and 1. Returns when the
 * connection has ended. The caller must ignore SIGPIPE. If the server process
 * is killed and the connection still exists, this function passes the
 * connection to the next server process.
 *
 * Returns an exit status of sysexits(3), and writes the reason to why if the
 * status is not 0: 0 the device was disconnected, 64 invalid client or who, 65
 * 71 76 the server process refused, 69 no server at the socket, 74 the
 * connection was lost, 75 another client has the device, or the device waits
 * for another image.
 */
int handoff_client_run(
    const struct handoff_client *, char *why, size_t why_size);

#endif
