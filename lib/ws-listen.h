/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A server's door: accepts connections, starts a keeper for each, and limits
 * how many there are, how many of one peer that have not shown who they are,
 * and how often one may be refused.
 */
#ifndef VM_WS_LISTEN_H
#define VM_WS_LISTEN_H

#include <stdbool.h>

#include "ws-proxy.h"

#define WS_CONNECTIONS_MAX 1024
#define WS_PEER_SIZE	   64 /* bytes of a peer's address in words */

struct ws_limits {
	unsigned all;  /* connections at once; and as many on their way in */
	unsigned peer; /* of one address; 0: 2, but any number of this machine,
			* where a web server may stand before us */
};

/*
 * Listen at "ADDR:PORT" ("[ADDR]:PORT" for IPv6; port 0 is any) or at the path
 * of a Unix socket. *is_local says whether nobody else's machine can connect.
 * Prints what it listens at to shown, if that is not NULL. Returns the
 * descriptor; ends the program where it can't.
 */
int ws_listen(const char *where, bool *is_local, char *shown, size_t size);

/* Can only this machine connect to that listening socket? */
bool ws_is_local(int fd);

/* Who is at the other end, in words: an address without a port, or "local". */
void ws_peer_name(int fd, char name[WS_PEER_SIZE]);

/*
 * Serve all who connect until SIGTERM or SIGINT, and wait for their ends;
 * reload() is called at SIGHUP. `where` is what ws_listen() was given, of which
 * a path goes with the listener; NULL where that is another's to remove. Returns
 * an exit status.
 */
int ws_accept_all(const struct ws_options *, int listener, const char *where,
    const struct ws_limits *, void (*reload)(void));

/* Serve the next who connects, and nobody else. Returns its exit status. */
int ws_accept_one(const struct ws_options *, int listener, const char *where);

#endif
