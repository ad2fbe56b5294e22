/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-ws-proxy runs two processes for each connection, each with a folder of its
 * own. This is privilege separation as in OpenSSH, which has the same names:
 *
 * - The monitor (lib/ws-monitor/) has the privileges. It knows the tickets,
 *   asks the site's own command, and opens the backend: the command, the Unix
 *   socket or the standard streams at our side of the WebSocket.
 * - The worker (lib/ws/, lib/http/ and lib/tls/) is its unprivileged child, and
 *   the only one that reads what the peer sends: TLS, HTTP, frames.
 *
 * Nothing in lib/ws/ includes or calls anything of lib/ws-monitor/. A peer that
 * has taken over its worker can only send the messages of ws/message.h, and the
 * monitor trusts nothing in them.
 *
 * worker.c, server.c, client.c and session.c are parts of the program: they may
 * print (with log.c), and end the process. All else in lib/ws/ does neither.
 */
#ifndef VM_WS_WORKER_H
#define VM_WS_WORKER_H

#include "ws/options.h"

/*
 * Drop all privileges, and serve the connection in either role until it ends:
 * to a client that is connected at in and out (peer: its name in messages), or
 * as a client, which connects by itself. `monitor` is the worker's end of the
 * socket pair. Returns an exit status; the reason is on standard error.
 */
int ws_worker_run(
    const struct ws_options *, int monitor, int in, int out, const char *peer);

#endif
