/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The worker of a server: reads one request for a WebSocket, checks what needs
 * no privileges, asks the monitor, answers, and becomes the bridge.
 */
#ifndef VM_WS_SERVER_H
#define VM_WS_SERVER_H

#include "ws/options.h"

/* As ws_worker_run(). */
int ws_server_run(
    const struct ws_options *, int monitor, int in, int out, const char *peer);

#endif
