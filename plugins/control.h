/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The socket to vm-fetchd (settings.control_fd; lib/fetchd/report.h): the
 * plugin sends the image's identity, stats and notes, and receives renewed
 * URLs. Without the socket, nothing is sent.
 */
#ifndef VM_CONTROL_H
#define VM_CONTROL_H

#include <stdbool.h>

#include "engine/engine.h"

/* Send one text. Returns false if vm-fetchd does not read now, so that the text
 * was dropped. */
bool control_send(const char *text);

/* Send a line for people that is not an error. */
void control_note(const char *line);

/* Send the validators that were accepted while the image was in use, one a
 * line. */
void control_adopted(const char *lines);

/* Send why the image is not open yet. */
void control_waits(const char *why);

/*
 * Start a thread that passes received URLs to the engine, until control_stop(),
 * which may be called even if no thread was started. Returns 0, or -1 with
 * errno.
 */
int control_start(struct engine *);
void control_stop(void);

#endif
