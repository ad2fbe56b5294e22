/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Who the client of a call is: by the token of a session, or by a password, with
 * the rules for failures (guard.h).
 */
#ifndef VM_DOOR_AUTHENTICATE_H
#define VM_DOOR_AUTHENTICATE_H

#include "door/call.h"

/*
 * Find out who it is. Returns "ok", or the result that refuses; NULL: a password
 * must be hashed, which needs a process of its own.
 */
const char *door_authenticate(struct door_call *c);

/* Check a password, by the rules for failures. As above. */
const char *door_check_password(
    struct door_call *c, const char *user, const char *password);

#endif
