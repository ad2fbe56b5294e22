/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Does anybody still write to a file? The kernel knows, where it has leases
 * (fcntl(2), "Leases"); elsewhere we look and wait.
 */
#ifndef VM_STORE_WRITERS_H
#define VM_STORE_WRITERS_H

#include <stdbool.h>

/*
 * Take a read lease on an open file: nobody has it open for writing, and who
 * opens it so, waits until we close it, for /proc/sys/fs/lease-break-time at
 * most. This process then ignores SIGIO.
 *
 * Returns 0; or -1 with errno: EAGAIN if somebody has it open for writing;
 * ENOTSUP if there are no leases here, or we may not take one (CAP_LEASE).
 */
int writers_keep_out(int fd);

/* Has a process opened it for writing since then? (It waits for us.) */
bool writers_came(int fd);

/*
 * Without a lease: wait until the file has not changed, by its size and ctime,
 * for this many seconds, and look for a process that has it open for writing
 * among those whose /proc/PID/fd we may read, before and after that.
 *
 * Returns 0; or -1 with errno EAGAIN if it changed, or if there is such a
 * process; or as of fstat(2).
 */
int writers_wait_quiet(int fd, unsigned seconds);

#endif
