/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Both ends of a Unix stream socket (unix(7)).
 *
 * This folder wraps system calls for every program: sockets, descriptors, files
 * and users of Unix. It knows nothing of images, NBD or WebSockets, and uses
 * lib/base only.
 */
#ifndef VM_UNIX_SOCKET_H
#define VM_UNIX_SOCKET_H

#include <sys/un.h>

/*
 * Make the address of a socket's path. Returns 0; or -1 with errno ENAMETOOLONG
 * if the path does not fit (108 bytes: unix(7)).
 */
int unix_address(const char *path, struct sockaddr_un *);

/*
 * Connect to the socket at path. Returns the descriptor, close-on-exec, which
 * the caller closes; or -1 with errno: ENAMETOOLONG, ENOENT, ECONNREFUSED
 * (nobody serves it), EAGAIN (the server has not accepted for 10 s), or that of
 * socket(2) and connect(2).
 */
int connect_unix(const char *path);

/*
 * Bind path, with access for this user only (mode 0600), and listen there. A
 * socket that a killed server left is replaced; a socket that is served is not.
 *
 * Returns the descriptor, close-on-exec, which the caller closes and whose path
 * the caller removes; or -1 with errno: ENAMETOOLONG, EADDRINUSE (somebody
 * serves it), ENOTSOCK (something else is there), or that of socket(2) and
 * bind(2).
 */
int listen_unix(const char *path);

#endif
