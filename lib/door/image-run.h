/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the verbs of the image store share: running vm-image, and the fields
 * that name an image.
 */
#ifndef VM_DOOR_IMAGE_RUN_H
#define VM_DOOR_IMAGE_RUN_H

#include <stdbool.h>

#include "door/call.h"
#include "door/run.h"

/* Is there a store? If not, the refusal is in the answer. */
bool image_has_store(struct door_call *);

/* Are the fields name, owner and checksum valid or missing? If not, the refusal
 * is in the answer. */
bool image_is_right(struct door_call *);

/* The owner of an image that the client brings into the store. */
const char *image_owner(const struct door_call *);

/* Begin a command line of vm-image. */
void image_begin(struct run *, const char *verb);

/* Run the command. Returns whether it succeeded, and then the caller adds the
 * result; if not, the refusal is in the answer. The caller calls run_free(). */
bool image_run(struct door_call *, struct run *);

#endif
