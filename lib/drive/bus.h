/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The bulk-only transport of the worker: what is under way on the bus, halts, and what
 * the host does with the function.
 */
#ifndef VM_DRIVE_BUS_H
#define VM_DRIVE_BUS_H

#include "drive/worker-state.h"

/* Make a transfer for the next command, if there is none. */
void bus_await(struct worker *);

/* Begin a transfer of a small answer's bytes; or, in all other steps, of the host's
 * bytes to w->parameters. */
void bus_begin_small(struct worker *, uint64_t bytes);

/* Forget the command, and what is under way on the bus. */
void bus_abandon(struct worker *);

/* Halt both endpoints until the host resets us. */
void bus_halt(struct worker *);

/* Events of ep0. */
void bus_hear(struct worker *);

#endif
