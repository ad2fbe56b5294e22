/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The process of a server that listens: it accepts connections, starts a
 * monitor for each, and limits how many there are.
 */
#ifndef VM_WS_MONITOR_LISTEN_H
#define VM_WS_MONITOR_LISTEN_H

#include "ws/options.h"

#define WS_CONNECTIONS_MAX 1024

struct ws_limits {
	unsigned all;  /* open connections; and as many that are arriving */
	unsigned peer; /* arriving from one address; 0: 2, but no limit for this
			* machine, where a web server may stand before us */
};

/*
 * Serve all clients until SIGTERM or SIGINT, and wait for their ends. SIGHUP
 * calls reload(). `where` is what the listener was made of (a path is removed
 * at the end); NULL where the listener is somebody else's. Returns an exit
 * status.
 */
int ws_accept_all(const struct ws_options *, int listener, const char *where,
    const struct ws_limits *, void (*reload)(void));

/* Serve the next client alone. Returns the exit status of its connection. */
int ws_accept_one(const struct ws_options *, int listener, const char *where);

#endif
