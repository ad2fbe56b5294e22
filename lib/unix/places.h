/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Places for the processes of a server that run long, such as an upload. They
 * have a limit of their own, apart from the limit of processes that answer at
 * once. The list is in shared memory, so that the parent can free the place of
 * a killed process.
 */
#ifndef VM_UNIX_PLACES_H
#define VM_UNIX_PLACES_H

#include <sys/types.h>

#include <stdbool.h>

/* Make this many places, before the first process starts. Returns 0, or -1 with
 * errno. */
int places_make(unsigned count);

/*
 * Take a place for this process until it ends. Returns false if all are taken;
 * true if none were made, because this is the only process then.
 */
bool places_take(void);

/* Free the place of a process that has ended, if it had one. */
void places_leave(pid_t);

/* Returns how many places are taken. */
unsigned places_taken(void);

#endif
