/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * From the medium: what the host reads, and what it has verified.
 */
#ifndef VM_DRIVE_READ_H
#define VM_DRIVE_READ_H

#include "drive/worker-state.h"

/* A command that reads begins: a host that reads on is served ahead. */
void move_guess(struct worker *);

/* Do what can be done now of a command that reads, or verifies. */
void move_read(struct worker *);
void move_verify(struct worker *);

#endif
