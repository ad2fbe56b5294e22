/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Who the client of a call is, from the token of a session or from a password.
 * Wrong passwords are counted and limited (guard.h).
 */
#ifndef VM_DOOR_AUTHENTICATE_H
#define VM_DOOR_AUTHENTICATE_H

#include "door/call.h"

/*
 * Authenticate the client. Returns "ok", or the result that refuses the call;
 * NULL if a password must be hashed, which needs a process of its own.
 */
const char *door_authenticate(struct door_call *c);

/* Check a password, and count it if it is wrong. Returns as above. */
const char *door_check_password(
    struct door_call *c, const char *user, const char *password);

#endif
