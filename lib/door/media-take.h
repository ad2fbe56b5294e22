/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The fields of a request that describe an image, each checked by its own rule.
 */
#ifndef VM_DOOR_MEDIA_TAKE_H
#define VM_DOOR_MEDIA_TAKE_H

#include "door/call.h"

/* Are the settings in the request valid? Returns false if the refusal
 * is in the answer. */
bool media_check_settings(struct door_call *);

/* Store the settings in the request for the slot; an empty value removes a
 * setting. Returns false if the refusal is in the answer. */
bool media_take_settings(struct door_call *, unsigned slot);

/*
 * The URL of the image in that field, in vmctl's form. It is never a file of
 * this machine, whatever the client sends. The caller calls secret_free();
 * NULL: the refusal is in the answer.
 */
char *media_take_image(struct door_call *, const char *field);

#endif
