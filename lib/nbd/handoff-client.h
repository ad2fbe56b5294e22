/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The other side of nbd/handoff-server.h: hand in an NBD connection, and stay for
 * as long as the kernel has it.
 */
#ifndef VM_NBD_HANDOFF_CLIENT_H
#define VM_NBD_HANDOFF_CLIENT_H

#include <stddef.h>

struct handoff_client {
	const char *handoff; /* the Unix socket */
	const char *client;  /* see nbd/handoff.h */
	const char *who;
	int leave; /* can be read when the source goes for good; -1: none */
	/* Called each time the kernel has taken the connection; or NULL. */
	void (*on_attached)(const char *device);
};

/*
 * Hand in descriptor 0, if it is a stream socket that the kernel's NBD can use;
 * else one end of a pair of sockets, between whose other end and descriptors 0
 * and 1 it relays. Returns when that has ended; ignore SIGPIPE. If the server
 * process is killed while the link lives, its successor is told of the link.
 *
 * Returns an exit status of sysexits(3), with words for people in why where it
 * is not 0: 0 the device was disconnected, 64 invalid client or who, 65 71 76
 * refused, 69 no server at the socket, 74 the link was lost, 75 another client
 * has the device.
 */
int handoff_client_run(
    const struct handoff_client *, char *why, size_t why_size);

#endif
