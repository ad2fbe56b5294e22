/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * To ask vm-door: a connection, one request, one answer.
 */
#ifndef VM_DOOR_CLIENT_H
#define VM_DOOR_CLIENT_H

#include <stdint.h>

#include "door/wire.h"

#define DOOR_SOCKET "/run/vm-door.sock" /* VM_DOOR_SOCKET redirects it */

/*
 * Send the request to vm-door and receive its answer until a moment of clock_ms().
 * The caller frees both messages, also after a failure. Returns 0; or -1 with
 * errno: ENOENT or ECONNREFUSED (no vm-door runs), ENODATA (it refuses us, or has
 * ended), or as door_send() and door_receive() say.
 */
int door_ask(struct door_message *request, struct door_message *answer,
    int64_t deadline);

/*
 * The same, but the connection stays open: vm-door sends nothing more and closes
 * it when the session ends (`watch`). Returns the descriptor, which the caller
 * closes, or -1 with errno as above.
 */
int door_ask_and_watch(struct door_message *request,
    struct door_message *answer, int64_t deadline);

#endif
