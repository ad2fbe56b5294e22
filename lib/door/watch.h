/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A connection that stays open after its answer (`watch`), so that the client
 * learns when its user's right to be there ends: it reads the end of file then.
 */
#ifndef VM_DOOR_WATCH_H
#define VM_DOOR_WATCH_H

#include "door/call.h"

/* Does the request ask for that, and was it answered with "ok"? */
bool watch_is_wanted(const struct door_call *);

/*
 * Wait in a process of its own until the client has gone; or until its session,
 * or the account that came with a password, has ended, is disabled, has got
 * another password, or a role with fewer rights. With the verbs `check` and
 * `image-open`, the client uses the session all the time, so that this does not run out.
 */
void watch_run(const struct door_call *, int fd);

#endif
