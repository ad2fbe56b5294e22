/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * When to start a process again that has ended: at once if it died, until it has
 * died too often in a row; with growing pauses, and without end, if it said that
 * it cannot work now.
 *
 * Times are milliseconds of a clock that never jumps.
 */
#ifndef VM_BASE_RESTART_H
#define VM_BASE_RESTART_H

#include <stdbool.h>
#include <stdint.h>

/* More deaths than this in a row are too many; each so soon after the last. */
#define RESTART_DEATHS_MAX 5
#define RESTART_DEATHS_MS  10000

/* The first pause and the longest; each is twice the one before. */
#define RESTART_PAUSE_MIN 500
#define RESTART_PAUSE_MAX 8000

/* All zeros in the beginning. */
struct restart {
	int64_t at; /* when to start it again; 0: not planned */
	int64_t died_at;
	unsigned deaths;
	int pause; /* the last one; 0: it has not refused since it worked */
};

/* It died. Returns whether to start it again. */
bool restart_died(struct restart *, int64_t now);

/* It cannot work now. */
void restart_refused(struct restart *, int64_t now);

/* It works. */
void restart_worked(struct restart *);

/* Milliseconds until it is to be started, 0: now, -1: that is not planned. */
int restart_left(const struct restart *, int64_t now);

#endif
