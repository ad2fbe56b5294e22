/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * When to restart a process that has ended: at once if it died, unless it died
 * too often in a row; after growing pauses, and without a limit, if it said
 * that it cannot work now.
 *
 * Times are milliseconds of a clock that never jumps.
 */
#ifndef VM_BASE_RESTART_H
#define VM_BASE_RESTART_H

#include <stdbool.h>
#include <stdint.h>

/* More deaths in a row than the maximum are too many. Deaths are in a row if
 * each comes less than this many milliseconds after the one before. */
#define RESTART_DEATHS_MAX 5
#define RESTART_DEATHS_MS  10000

/* The first and the longest pause; each pause is twice as long as the one
 * before. */
#define RESTART_PAUSE_MIN 500
#define RESTART_PAUSE_MAX 8000

/* All zeros at the beginning. */
struct restart {
	int64_t at; /* when to restart the process; 0: not planned */
	int64_t died_at;
	unsigned deaths;
	int pause; /* the last pause; 0: no refusal since the process worked */
};

/* The process died. Returns whether to restart it. */
bool restart_died(struct restart *, int64_t now);

/* The process cannot work now. */
void restart_refused(struct restart *, int64_t now);

/* The process works. */
void restart_worked(struct restart *);

/* Returns the milliseconds until the restart; 0: now; -1: no restart is
 * planned. */
int restart_left(const struct restart *, int64_t now);

#endif
