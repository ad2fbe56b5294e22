/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Does anybody still write to a file? If the kernel has leases for the file
 * (fcntl(2), "Leases"), it tells us; otherwise we look and wait.
 */
#ifndef VM_STORE_WRITERS_H
#define VM_STORE_WRITERS_H

#include <stdbool.h>

/*
 * Take a read lease on an open file. Then nobody has the file open for writing,
 * and a process that opens it for writing waits until we close it, at most for
 * /proc/sys/fs/lease-break-time seconds. From then on, this process ignores
 * SIGIO.
 *
 * Returns 0; or -1 with errno: EAGAIN if somebody has it open for writing;
 * ENOTSUP if there are no leases here, or we may not take one (CAP_LEASE).
 */
int writers_keep_out(int fd);

/* Has a process opened the leased file for writing meanwhile? (It waits for
 * us.) */
bool writers_came(int fd);

/*
 * Without a lease: wait until the file's size and ctime have not changed for
 * this many seconds. Before and after that, look for a process that has the
 * file open for writing, among those whose /proc/PID/fd we may read.
 *
 * Returns 0; or -1 with errno: EAGAIN if the file changed or there is such a
 * process, or that of fstat(2).
 */
int writers_wait_quiet(int fd, unsigned seconds);

#endif
