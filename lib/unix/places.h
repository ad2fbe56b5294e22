/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Places for the processes of a server that take long, such as an upload. Their
 * number has a limit of its own, apart from that of processes that answer at once.
 * The list is in memory that they all share, because a process that was killed
 * cannot give its place back.
 */
#ifndef VM_UNIX_PLACES_H
#define VM_UNIX_PLACES_H

#include <sys/types.h>

#include <stdbool.h>

/* Make this many places, before the first process. Returns 0, or -1 with errno. */
int places_make(unsigned count);

/*
 * Take a place for this process, until it ends. Returns false where all are taken;
 * true where none were made, since it is the only process then.
 */
bool places_take(void);

/* A process has ended: its place is free, if it had one. */
void places_leave(pid_t);

/* How many are taken? */
unsigned places_taken(void);

#endif
