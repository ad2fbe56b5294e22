/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The other side of nbd/handoff-server.h: hand an NBD connection in, and stay for as
 * long as the kernel has it.
 */
#ifndef VM_NBD_HANDOFF_CLIENT_H
#define VM_NBD_HANDOFF_CLIENT_H

#include <stddef.h>

struct nbd_join {
	const char *door;   /* the Unix socket */
	const char *client; /* see nbd/handoff.h */
	const char *who;
	int leave; /* a descriptor: to be read from when the source goes for
		      good; -1: none */
	/* Called when the kernel has it, each time that is said; or NULL. */
	void (*on_attached)(const char *device);
};

/*
 * Hand in descriptor 0, if it is a stream socket that the kernel's NBD can use;
 * else one end of a pair of sockets, between whose other end and descriptors 0
 * and 1 it relays. Returns when that has ended; ignore SIGPIPE. Where the
 * process behind the door is killed under a link that lives, the next one is
 * told of it.
 *
 * Returns an exit status of sysexits(3), with words for people in why where it
 * is not 0: 0 the device was disconnected, 64 no such client or who, 65 71 76
 * refused, 69 there is no door, 74 the link was lost, 75 somebody else's link or
 * image is there.
 */
int nbd_join(const struct nbd_join *, char *why, size_t why_size);

#endif
