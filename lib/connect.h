/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The connecting end of a Unix socket; listen.h is the other.
 */
#ifndef VM_CONNECT_H
#define VM_CONNECT_H

/*
 * Connect to the socket at path. Returns the descriptor, close-on-exec, which
 * the caller closes; or -1 with errno: ENAMETOOLONG, ENOENT, ECONNREFUSED
 * (nobody serves it), EAGAIN (who serves it has not answered for 10 s), or as
 * of socket(2) and connect(2).
 */
int connect_unix(const char *path);

#endif
