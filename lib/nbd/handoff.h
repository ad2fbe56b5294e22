/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The door at which the sources of a device come in: a Unix socket, and who has
 * connected to it. A guest is an NBD server that speaks first, or says one
 * line, with a descriptor (an NBD connection) along with it:
 *
 *	source CLIENT WHO...	a connection with nothing said on it yet
 *	still CLIENT WHO...	one that a kernel has already, by another process
 *
 * CLIENT is a name by which it comes again, 1 to 64 of A-Z a-z 0-9 _ -, or just
 * `-`; WHO, 1 to 200 printable characters, is for people. Then the connection
 * stays, answers go back as lines, and one word more may come: `leave`.
 *
 * Nothing here waits, but for poll(2) in the caller's loop, and what a guest
 * says is bounded in length and time.
 */
#ifndef VM_NBD_HANDOFF_H
#define VM_NBD_HANDOFF_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NBD_DOOR_GUESTS	    16
#define NBD_DOOR_POLLS	    (NBD_DOOR_GUESTS + 1)
#define NBD_DOOR_LIMIT_MS   10000 /* for a guest to say its line */
#define NBD_DOOR_CLIENT_MAX 64	  /* bytes, without the NUL, as is the next */
#define NBD_DOOR_WHO_MAX    200
#define NBD_DOOR_LINE_MAX   (8 + NBD_DOOR_CLIENT_MAX + NBD_DOOR_WHO_MAX)

/* What a guest brings. */
struct nbd_offer {
	bool still; /* a kernel has it already */
	char client[NBD_DOOR_CLIENT_MAX + 1];
	char who[NBD_DOOR_WHO_MAX + 1];
};

/* Somebody who has come in. The door's; not to be kept when it is dismissed. */
struct nbd_guest {
	bool present;
	int control;	  /* its connection; -1: it is an NBD server itself */
	int socket;	  /* the NBD connection; -1: none yet, or taken */
	bool has_offered; /* its offer is whole */
	struct nbd_offer offer;
	int64_t limit; /* of clock_ms(), until when it has to say its line */
	size_t have;   /* bytes in line */
	char line[NBD_DOOR_LINE_MAX + 1];
};

struct nbd_door {
	const char *path; /* the caller's */
	int listener;
	struct nbd_guest guests[NBD_DOOR_GUESTS];
};

enum nbd_door_news {
	NBD_DOOR_NOTHING,
	NBD_DOOR_OFFER, /* a guest has made its offer */
	NBD_DOOR_LEAVE, /* ... has said that it goes for good */
	NBD_DOOR_LOST,	/* ... is gone; dismiss it */
};

/*
 * Take apart a line, its newline removed. Returns 0; or -1 with errno EPROTO
 * where it is no offer, *offer then undefined.
 */
int nbd_door_parse(const char *line, struct nbd_offer *);

/*
 * Open it at path, for nobody but this user. Returns 0, or -1 with errno as of
 * listen_unix() (listen.h).
 */
int nbd_door_open(struct nbd_door *, const char *path);

/* Dismiss all, and close it; its path goes where it is told so. */
void nbd_door_close(struct nbd_door *, bool remove);

/*
 * What to poll for. Returns the milliseconds until somebody's time is over; -1:
 * nobody's.
 */
int nbd_door_poll(const struct nbd_door *, struct pollfd p[NBD_DOOR_POLLS]);

/*
 * What has happened, and to whom, whatever poll(2) said: one thing a call, to
 * be called until there is nothing. An offer's socket is the caller's when it
 * puts -1 in its place.
 */
enum nbd_door_news nbd_door_next(struct nbd_door *, struct nbd_guest **);

/* Tell a guest a line, printf(3)'s, without its newline. One that does not
 * listen is not waited for, and one that is an NBD server is told nothing. */
void nbd_door_tell(struct nbd_guest *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Close what it has, and forget it. */
void nbd_door_dismiss(struct nbd_guest *);

#endif
