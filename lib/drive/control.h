/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The socket at which vm-drive takes requests (ask.h is the client). A connection
 * sends one request, as a line:
 *
 *	insert ro|rw BLOCK OUTAGE PATH
 *	eject			unless the host has locked the drive
 *	eject force		also then
 *	eject discard		at once, without what the host wrote last
 *	retype			the type of the drive was changed, unseen by the host
 *	leave			give the slot back to the kernel's drive, and end
 *	remove			end, and leave the function to the client
 *
 * and gets a line when it was carried out, "done", or when it can't be:
 * "failed STATUS CAUSE TEXT". "leave" and "remove" are done when vm-drive has closed
 * the connection.
 */
#ifndef VM_DRIVE_CONTROL_H
#define VM_DRIVE_CONTROL_H

#include <poll.h>
#include <stdbool.h>

#include "base/failure.h"
#include "drive/place.h"

#define DRIVE_CLIENTS 8
#define DRIVE_POLLS   (DRIVE_CLIENTS + 1)

/* What a client waits for. */
enum drive_wait {
	WAIT_NOTHING, /* it has not asked yet */
	WAIT_INSERTED,
	WAIT_EJECTED,
	WAIT_RETYPED,
	WAIT_END
};

struct drive_client {
	int fd; /* -1: none */
	enum drive_wait wait;
	size_t have;
	char line[DRIVE_LINE_MAX + 64];
};

struct drive_control {
	int listener;
	struct drive_client clients[DRIVE_CLIENTS];
};

/* Listen at path. Returns 0, or -1 with errno. */
int drive_control_open(struct drive_control *, const char *path);
void drive_control_close(struct drive_control *);

/* The same, but those who wait for the end still wait. */
void drive_control_end(struct drive_control *);

void drive_control_poll(
    const struct drive_control *, struct pollfd[DRIVE_POLLS]);

/* Take connections and requests; asked is called with each, once. */
void drive_control_move(struct drive_control *,
    void (*asked)(void *, struct drive_client *, const char *request), void *);

/* Answer a client for good: why is NULL if its request was carried out. Returns
 * whether it is still there. */
bool drive_control_reply(struct drive_client *, const struct failure *why);

/* The same for all that wait for that, and are there. Returns their number. */
unsigned drive_control_reply_all(
    struct drive_control *, enum drive_wait, const struct failure *why);

#endif
