/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What every request to vm-door begins with.
 */
#ifndef VM_DOOR_REQUEST_H
#define VM_DOOR_REQUEST_H

#include "door/wire.h"
#include "http/credentials.h"

/*
 * Begin a request on behalf of a client: add the verb, the client's address and
 * its credentials. The caller adds the verb's fields by door_add_string().
 */
void door_begin(struct door_message *request, const char *verb,
    const char *peer, const struct credentials *);

#endif
