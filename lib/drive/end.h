/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The end of a command: what the host still sends or waits for, and the status.
 */
#ifndef VM_DRIVE_END_H
#define VM_DRIVE_END_H

#include "drive/worker-state.h"

/* The data of a command were moved: go on to the status. */
void end_command(struct worker *);

/* Send the last bytes of a command that passes, whole packets of which the host waits
 * for no more, and the status. Returns 0; or -1 where too many transfers are under way. */
int end_with(struct worker *, const void *bytes, size_t len, unsigned tag);

/* The command fails: the first error counts, and nothing of it is under way on the
 * bus any more. */
void end_failed(struct worker *);

/* The host sends more than the command takes: go on with that. */
void end_discard(struct worker *);

#endif
