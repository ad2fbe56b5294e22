/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A Unix socket at which NBD connections are handed in, and its peers. A peer
 * is an NBD server, which speaks first; or it sends one line, and a descriptor
 * (an NBD connection) with it:
 *
 *	source CLIENT WHO...	the connection has exchanged no byte yet
 *	still CLIENT WHO...	a process before us gave it to the kernel
 *
 * CLIENT is a name that the client keeps when it connects again: 1 to 64
 * characters of A-Z a-z 0-9 _ -, or just `-` for no name. WHO, 1 to 200
 * printable characters, is for people. The peer's connection stays open: it
 * gets answers as lines, and the peer may send one more word, `leave`.
 *
 * Nothing here waits, except poll(2) in the caller's loop. A peer's line has a
 * limit in length and time.
 */
#ifndef VM_NBD_HANDOFF_H
#define VM_NBD_HANDOFF_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDOFF_PEERS	   16
#define HANDOFF_POLLS	   (HANDOFF_PEERS + 1)
#define HANDOFF_LIMIT_MS   10000 /* for a peer to send its line */
#define HANDOFF_CLIENT_MAX 64	 /* bytes without the NUL, as the next */
#define HANDOFF_WHO_MAX	   200
#define HANDOFF_LINE_MAX   (8 + HANDOFF_CLIENT_MAX + HANDOFF_WHO_MAX)

/* What a peer sent. */
struct handoff_offer {
	bool still; /* the kernel already has the connection */
	char client[HANDOFF_CLIENT_MAX + 1];
	char who[HANDOFF_WHO_MAX + 1];
};

/* One peer. Owned by struct handoff; invalid once it is dismissed. */
struct handoff_peer {
	bool present;
	int control;	  /* its connection; -1: it is an NBD server */
	int socket;	  /* the NBD connection; -1: none yet, or given away */
	bool has_offered; /* its line is complete */
	struct handoff_offer offer;
	int64_t limit; /* by clock_ms(): it must have sent its line then */
	size_t have;   /* bytes in line */
	char line[HANDOFF_LINE_MAX + 1];
};

struct handoff {
	const char *path; /* owned by the caller */
	int listener;
	struct handoff_peer peers[HANDOFF_PEERS];
};

enum handoff_news {
	HANDOFF_NOTHING,
	HANDOFF_OFFER, /* a peer has sent its line, or speaks NBD */
	HANDOFF_LEAVE, /* a peer said that its source ends for good */
	HANDOFF_LOST,  /* a peer is gone: dismiss it */
};

/*
 * Parse a line without its newline. Returns 0; or -1 with errno EPROTO if the
 * line does not have this form, and *offer is undefined.
 */
int handoff_parse(const char *line, struct handoff_offer *);

/*
 * Listen at path, with access for this user only. Returns 0, or -1 with errno
 * as of listen_unix() (unix/socket.h).
 */
int handoff_open(struct handoff *, const char *path);

/* Dismiss all peers and close the socket; remove its path if told to. */
void handoff_close(struct handoff *, bool remove);

/*
 * Fill in p for poll(2). Returns the milliseconds until the time of a peer is
 * over; -1: no peer has a limit.
 */
int handoff_poll(const struct handoff *, struct pollfd p[HANDOFF_POLLS]);

/*
 * Get one event and its peer; the result of poll(2) does not matter. Call this
 * until it returns HANDOFF_NOTHING. A caller that keeps the socket of an offer
 * sets peer->socket to -1.
 */
enum handoff_news handoff_next(struct handoff *, struct handoff_peer **);

/* Send a line to a peer. The format is that of printf(3), without a newline.
 * The line is dropped if the peer does not read, or is an NBD server. */
void handoff_tell(struct handoff_peer *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Close the peer's sockets, and drop the peer. */
void handoff_dismiss(struct handoff_peer *);

#endif
