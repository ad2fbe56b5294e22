/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A worker after another one, which was killed: the command that this one was at, and
 * the status of which nobody knows whether the host has got it.
 */
#ifndef VM_DRIVE_INHERIT_H
#define VM_DRIVE_INHERIT_H

#include "drive/worker-state.h"

/* Go on where a predecessor has stopped. */
void inherit_begin(struct worker *);

/* A command has come while w->is_doubtful: fail it, so that the host repeats it. */
void inherit_refuse(struct worker *);

#endif
