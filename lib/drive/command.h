/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A command of the host, from its wrapper to its end: what each of its steps does.
 */
#ifndef VM_DRIVE_COMMAND_H
#define VM_DRIVE_COMMAND_H

#include "drive/worker-state.h"

/* The host's bytes of a command wrapper have come. */
void command_take(struct worker *, size_t size);

/* Do what can be done now. */
void command_go_on(struct worker *);

/* A transfer of the command's data has ended. */
void command_ended(struct worker *, const struct aio_end *);

#endif
