/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The medium of the keeper, and its source. The functions that return int return 0;
 * or -1 with the failure in k->why, but for medium_wait_ms().
 */
#ifndef VM_DRIVE_KEEPER_MEDIUM_H
#define VM_DRIVE_KEEPER_MEDIUM_H

#include "drive/keeper-state.h"

/* Begin to insert a medium; medium_inserted() is its end, or medium_gone(). -1: it
 * can't be opened, and there is none. */
int medium_insert(struct keeper *, const struct drive_medium *);

/* The same with the medium that the host has from a keeper before us. */
int medium_resume(struct keeper *, const struct drive_medium *);

/* Begin to eject it, if there is one. What the host wrote is kept, unless it is
 * discarded. medium_gone() is the end. */
void medium_eject(struct keeper *, bool discard);

/* What the worker has told. The failure is NULL where nobody is to blame. */
void medium_inserted(struct keeper *);
void medium_gone(struct keeper *, const struct failure *);
/* The worker can't show it: say why. */
void medium_unfit(struct keeper *);

/* The worker needs a source, or a new one. */
void medium_want(struct keeper *);

/* Look for the source, give up, or go on, by what the time is. */
void medium_go_on(struct keeper *);

/* Milliseconds after which medium_go_on() has to be called, or -1. */
int medium_wait_ms(const struct keeper *);

#endif
