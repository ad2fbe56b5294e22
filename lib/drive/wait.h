/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the worker waits for (epoll(7)). It waits three times for each small read of the
 * host. A wait must cost one system call: poll(2) would look at each descriptor anew,
 * and an event of the bus would have to be read, too.
 */
#ifndef VM_DRIVE_WAIT_H
#define VM_DRIVE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

enum wait_who {
	WAIT_BUS = 1,
	WAIT_CONTROL = 2,
	WAIT_KEEPER = 4,
	WAIT_SOURCE = 8
};

struct wait {
	int epoll;
	int source;	 /* the descriptor that is watched; -1: none */
	uint32_t events; /* of it */
};

/*
 * Watch the aio's event, ep0 and the keeper's socket; the descriptors stay the
 * caller's. The event tells of each end once, and need not be read. Returns 0, or -1
 * with errno as of epoll_create1(2) and epoll_ctl(2).
 */
int wait_open(struct wait *, int bus, int control, int keeper);

/*
 * Watch this descriptor of the source for these events (EPOLLIN, EPOLLOUT) from now on,
 * or none: -1 and 0. Between two descriptors there must be a call for none, as closing
 * the first one has ended its watch. Returns 0, or -1 with errno as of epoll_ctl(2).
 */
int wait_source(struct wait *, int fd, uint32_t events);

/* Wait until one of them has something, or only look. Returns those that have, of
 * enum wait_who, 0 also after a signal; or -1 with errno. */
int wait_any(struct wait *, bool only_look);

#endif
