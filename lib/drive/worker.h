/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The worker answers the host's commands. It parses what a host sends, and has no
 * rights (unix/privileges.h, unix/sandbox.h). It may be killed at any moment: its
 * successor finds what the host knows in the shared memory, and fails the command
 * that was under way in a way that makes hosts repeat it.
 */
#ifndef VM_DRIVE_WORKER_H
#define VM_DRIVE_WORKER_H

#include <stdbool.h>

#include "drive/function.h"
#include "drive/place.h"
#include "drive/shared.h"

struct worker_setup {
	struct function function;
	struct drive_shared *shared;
	struct drive_counters *counters; /* for people */
	int keeper;    /* a SOCK_SEQPACKET socket: orders and news */
	bool may_halt; /* the controller can stall endpoints */
};

/* Run in a child of the keeper; ends when the keeper has ended, or by exit(3) with a
 * status of sysexits(3). */
void worker_run(const struct worker_setup *) __attribute__((noreturn));

#endif
