/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A bridge between a WebSocket, whose handshake is done, and a backend: a
 * stream of bytes. One loop with bounded buffers, in which nothing blocks; each
 * direction waits for its own reader only. Closing and keep-alive follow RFC
 * 6455 sections 5.5 and 7.
 */
#ifndef VM_WS_BRIDGE_H
#define VM_WS_BRIDGE_H

#include "ws/bridge-settings.h"

/*
 * Pump until the WebSocket ends, and set *end. Both descriptors are
 * non-blocking until then; the caller shuts and closes them.
 */
void ws_bridge(const struct ws_bridge *, struct ws_end *end);

#endif
