/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Descriptors that pass from process to process over a Unix socket
 * (unix(7), SCM_RIGHTS).
 */
#ifndef VM_UNIX_FD_PASSING_H
#define VM_UNIX_FD_PASSING_H

#include <sys/types.h>

#include <stddef.h>

#define PASS_MAX 4 /* descriptors at once */

/*
 * Send len bytes (not 0) over the Unix socket to, and count descriptors (at most
 * PASS_MAX) with them, which stay the caller's. Returns 0, or -1 with errno as
 * of sendmsg(2); EMSGSIZE where not all of it was taken.
 */
int pass_send(
    int to, const void *text, size_t len, const int *fds, unsigned count);

/*
 * Receive up to size bytes without waiting. The descriptors that come along are
 * put where fds, of count, are -1, close-on-exec, the caller's to close; any
 * others are closed.
 *
 * Returns the bytes, 0 at the end; or -1 with errno: EAGAIN where there are
 * none yet, or as of recvmsg(2).
 */
ssize_t pass_receive(
    int from, void *text, size_t size, int *fds, unsigned count);

#endif
