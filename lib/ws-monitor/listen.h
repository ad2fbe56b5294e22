/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The listening process of a server: it accepts connections, and starts a
 * monitor for each one that the limits allow (admission.h).
 */
#ifndef VM_WS_MONITOR_LISTEN_H
#define VM_WS_MONITOR_LISTEN_H

#include "ws-monitor/admission.h"
#include "ws/options.h"

/*
 * Serve all clients until SIGTERM or SIGINT, and wait until they have ended.
 * SIGHUP calls reload(). `where` is the address that we listen at (a path is
 * removed at the end); NULL if another program made the listener. Returns an
 * exit status.
 */
int ws_accept_all(const struct ws_options *, int listener, const char *where,
    const struct ws_limits *, void (*reload)(void));

/* Serve the next client alone. Returns the exit status of its connection. */
int ws_accept_one(const struct ws_options *, int listener, const char *where);

#endif
