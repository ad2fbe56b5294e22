/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The process of the worker, as the keeper sees it. The functions that return int
 * return 0, or -1 with the failure in k->why.
 */
#ifndef VM_DRIVE_KEEPER_WORKER_H
#define VM_DRIVE_KEEPER_WORKER_H

#include "drive/keeper-state.h"

/* Start the first worker. */
int worker_start(struct keeper *);

/* It has ended with that status: another one goes on, unless it would end the same
 * way. */
int worker_replace(struct keeper *, int status);

/* It ends, and forgets all that the host knows of the drive; the next one begins
 * with what the drive says of itself now. */
int worker_renew(struct keeper *);

/* Kill it, if there is one; worker_replace() follows. */
void worker_kill(struct keeper *);

void worker_end(struct keeper *);

/* Send an order, with a descriptor or -1. */
void worker_order(struct keeper *, enum drive_order, int fd);

#endif
