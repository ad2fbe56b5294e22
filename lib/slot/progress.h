/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The progress of a request, on standard error, which is a terminal: one line
 * that is drawn again and again, no longer than the terminal is wide. A
 * terminal without cursor movement (TERM=dumb) gets a new line every five
 * seconds.
 */
#ifndef VM_SLOT_PROGRESS_H
#define VM_SLOT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	int64_t since; /* when it began, by clock_ms() */
	int64_t next;  /* print the next line this many seconds after since */
	bool plain;    /* the cursor cannot be moved */
};

void progress_begin(struct progress *);

/* Show the current step: a text in UTF-8, without control characters. */
void progress_show(struct progress *, const char *step);

/* Remove the line. */
void progress_end(const struct progress *);

#endif
