/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A Unix socket to be connected to.
 */
#ifndef VM_UNIX_LISTEN_H
#define VM_UNIX_LISTEN_H

/*
 * Bind path, for nobody but this user (mode 0600), and listen there. What was
 * left behind by one that was killed is replaced; what is served is not.
 *
 * Returns the descriptor, close-on-exec, which the caller closes and whose
 * path it removes; or -1 with errno: ENAMETOOLONG, EADDRINUSE (somebody serves
 * it), ENOTSOCK (something else lies there), or as of socket(2) and bind(2).
 */
int listen_unix(const char *path);

#endif
