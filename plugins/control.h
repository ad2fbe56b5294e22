/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The socket to vm-fetchd (settings.control_fd; lib/fetchd/report.h): the
 * image's identity, stats and notes go out, renewed URLs come in. Where there
 * is no such socket, nothing is sent.
 */
#ifndef VM_CONTROL_H
#define VM_CONTROL_H

#include <stdbool.h>

#include "engine/engine.h"

/* Send one text. False if vm-fetchd does not read now, and it was dropped. */
bool control_send(const char *text);

/* The same for a line about something that is no fault. */
void control_note(const char *line);

/* Validators that were accepted while the image was in use, in lines. */
void control_adopted(const char *lines);

/* The same for why the image is not open yet. */
void control_waits(const char *why);

/*
 * Hand the URLs that come to the engine, in a thread, until control_stop();
 * that is fine also where nothing was started. Returns 0, or -1 with errno.
 */
int control_start(struct engine *);
void control_stop(void);

#endif
