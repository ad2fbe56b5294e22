/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * To the medium: what the host writes; and what else the source is to do.
 */
#ifndef VM_DRIVE_WRITE_H
#define VM_DRIVE_WRITE_H

#include "drive/worker-state.h"

/* Do what can be done now of a command that writes. */
void move_write(struct worker *);

/* Receive the next of the host's bytes into a piece. */
void move_receive(struct worker *, struct piece *);

/* The bytes that have come in a piece go to the source. */
void move_write_piece(struct worker *, struct piece *);

/* The source flushes or trims. */
void move_source(struct worker *);

#endif
