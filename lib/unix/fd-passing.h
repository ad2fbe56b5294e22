/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Pass descriptors between processes over a Unix socket (unix(7), SCM_RIGHTS).
 */
#ifndef VM_UNIX_FD_PASSING_H
#define VM_UNIX_FD_PASSING_H

#include <sys/types.h>

#include <stddef.h>

#define PASS_MAX 4 /* descriptors in one message */

/*
 * Send len bytes (not 0) and count descriptors (at most PASS_MAX) over the Unix
 * socket `to`. The descriptors stay the caller's. Returns 0, or -1 with the
 * errno of sendmsg(2); EMSGSIZE if the socket did not take all bytes.
 */
int pass_send(
    int to, const void *text, size_t len, const int *fds, unsigned count);

/*
 * Receive up to size bytes without waiting. Received descriptors go to the
 * places of fds, of count, that are -1. They are close-on-exec, and the caller
 * closes them; any others are closed here.
 *
 * Returns the number of bytes, 0 at the end; or -1 with errno: EAGAIN if there
 * are none yet, or that of recvmsg(2).
 */
ssize_t pass_receive(
    int from, void *text, size_t size, int *fds, unsigned count);

#endif
