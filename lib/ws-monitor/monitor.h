/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The privileged side of vm-ws-proxy: all code of lib/ws-monitor/ runs with the
 * rights that the program was started with. It reads nothing that a peer sends.
 * It reads only the messages of its own unprivileged worker, and checks them:
 * see ws/worker.h for the other side.
 *
 * One process listens (listen.h), with a child for each connection: a monitor,
 * whose own child is the worker. A monitor decides whether a client may in
 * (authorize.h, ticket-check.h), opens and ends the backend (backend.h), and
 * tells worker and backend how the other has ended.
 *
 * Like bin/vm-ws-proxy.c, these are parts of the program: they may print, and
 * end the process. ticket-check.c does neither.
 */
#ifndef VM_WS_MONITOR_MONITOR_H
#define VM_WS_MONITOR_MONITOR_H

#include "ws-monitor/admission.h"
#include "ws/options.h"

/*
 * Start a worker for the peer at in and out (-1 if we are a client: the worker
 * connects by itself), and serve it until worker and backend have ended. The
 * peer's place (NULL: it has none) is kept up to date. Returns an exit status.
 */
int ws_monitor_run(const struct ws_options *, int in, int out, const char *peer,
    struct ws_place *);

#endif
