/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The loop of vm-door. It waits for no client and no program: work that takes
 * time gets a process of its own.
 */
#ifndef VM_DOOR_SERVE_H
#define VM_DOOR_SERVE_H

#include "door/call.h"

#define DOOR_CONNECTIONS 64 /* at the same time; more wait */
#define DOOR_UPLOADS	 24 /* of the uploader; also its processes */

/*
 * Serve a listening Unix socket until SIGTERM or SIGINT. vm-door answers only
 * processes of root and of `user`, and those of `uploader` only for verbs of
 * images. Returns an exit status, after it has printed why.
 */
int door_serve(int listener, const char *user, const char *uploader,
    const struct door_settings *);

#endif
