/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The worker of a client: connects, asks for a WebSocket, has the monitor open
 * the backend, and becomes the bridge.
 */
#ifndef VM_WS_CLIENT_H
#define VM_WS_CLIENT_H

#include "ws/options.h"

/* As ws_worker_run(), but a failure before the bridge ends the process. */
int ws_client_run(const struct ws_options *, int monitor);

#endif
