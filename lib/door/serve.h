/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The loop of vm-door. It waits for no client and no program: what takes time has
 * a process of its own.
 */
#ifndef VM_DOOR_SERVE_H
#define VM_DOOR_SERVE_H

#include "door/call.h"

#define DOOR_CONNECTIONS 64 /* at the same time; more wait */
#define DOOR_UPLOADS	 24 /* ... of the uploader, and as many processes for it */

/*
 * Serve a listening Unix socket until SIGTERM or SIGINT. Only processes of root
 * and of the user of that name are heard; those of the uploader for verbs of images
 * only. Returns an exit status, and has printed why.
 */
int door_serve(int listener, const char *user, const char *uploader,
    const struct door_settings *);

#endif
