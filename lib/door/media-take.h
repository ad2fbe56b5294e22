/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a request says of an image: each field is checked here, by its own rule.
 */
#ifndef VM_DOOR_MEDIA_TAKE_H
#define VM_DOOR_MEDIA_TAKE_H

#include "door/call.h"

/* Are the settings that the request has right? As below. */
bool media_check_settings(struct door_call *);

/* Keep the settings that the request has for the slot; an empty value removes one.
 * Returns false where the refusal is in the answer. */
bool media_take_settings(struct door_call *, unsigned slot);

/*
 * The URL of the image in that field, as vmctl wants it: no file of this machine,
 * whatever a client sends. For secret_free(); NULL: the refusal is in the answer.
 */
char *media_take_image(struct door_call *, const char *field);

#endif
