/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the verbs of the image store share: running vm-image, and the fields that say
 * which image is meant.
 */
#ifndef VM_DOOR_IMAGE_RUN_H
#define VM_DOOR_IMAGE_RUN_H

#include <stdbool.h>

#include "door/call.h"
#include "door/run.h"

/* Is there a store? If not, the answer says it. */
bool image_has_store(struct door_call *);

/* Are the fields name, owner and checksum right, those that are there? If not, the
 * answer says it. */
bool image_is_right(struct door_call *);

/* The owner of what the client brings into the store. */
const char *image_owner(const struct door_call *);

/* Begin to make a command of vm-image. */
void image_begin(struct run *, const char *verb);

/* Run it. Returns whether it ended well, which the caller says; if not, the answer
 * says why. The caller calls run_free(). */
bool image_run(struct door_call *, struct run *);

#endif
