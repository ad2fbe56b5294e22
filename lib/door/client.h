/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The client's side of vm-door: a connection, one request, one answer.
 */
#ifndef VM_DOOR_CLIENT_H
#define VM_DOOR_CLIENT_H

#include <stdint.h>

#include "door/wire.h"

#define DOOR_SOCKET "/run/vm-door.sock" /* $VM_DOOR_SOCKET overrides it */

/*
 * Send the request to vm-door and receive its answer, until a moment of
 * clock_ms(). The caller frees both messages, also after a failure. Returns 0;
 * or -1 with errno: ENOENT or ECONNREFUSED (vm-door does not run), ENODATA
 * (vm-door refuses us, or has ended), or an error of door_send() or
 * door_receive().
 */
int door_ask(struct door_message *request, struct door_message *answer,
    int64_t deadline);

/*
 * The same, but the connection stays open. vm-door sends nothing more, except
 * the descriptors of `image-open`; with the field `watch` it closes the
 * connection when the session ends. Returns the descriptor, which the caller
 * closes, or -1 with errno as above.
 */
int door_ask_and_watch(struct door_message *request,
    struct door_message *answer, int64_t deadline);

#endif
