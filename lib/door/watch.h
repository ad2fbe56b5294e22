/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A connection that stays open after its answer (`watch`), so that the client
 * learns when its user's rights end: it then reads the end of file.
 */
#ifndef VM_DOOR_WATCH_H
#define VM_DOOR_WATCH_H

#include "door/call.h"

/* Does the request ask for a watch, and was it answered with "ok"? */
bool watch_is_wanted(const struct door_call *);

/*
 * Wait, in a process of its own, until the client has gone, or its rights have
 * ended. They end if the session ends; if the account is removed, disabled, or
 * gets a role with fewer rights; and, for a client that sent a password, if the
 * account gets another one. With the verbs `check` and `image-open`, the watch
 * counts as a use of the session, which therefore does not time out.
 */
void watch_run(const struct door_call *, int fd);

#endif
