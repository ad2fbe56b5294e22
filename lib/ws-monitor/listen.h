/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A server's door: accepts connections, starts a keeper for each, and limits
 * how many there are, how many of one peer that have not shown who they are,
 * and how often one may be refused.
 */
#ifndef VM_WS_MONITOR_LISTEN_H
#define VM_WS_MONITOR_LISTEN_H

#include "unix/inet.h"
#include "ws/proxy.h"

#define WS_CONNECTIONS_MAX 1024

struct ws_limits {
	unsigned all;  /* connections at once; and as many on their way in */
	unsigned peer; /* of one address; 0: 2, but any number of this machine,
			* where a web server may stand before us */
};

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
