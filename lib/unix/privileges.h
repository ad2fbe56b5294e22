/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Give up root and open descriptors in processes that talk to the network.
 */
#ifndef VM_UNIX_PRIVILEGES_H
#define VM_UNIX_PRIVILEGES_H

/*
 * Become the user `name` permanently, with no group except the user's own. If
 * name is NULL, become "vmedia", or "nobody" if there is no such user. If we
 * are not root, do nothing, because there is nothing to give up.
 *
 * Returns 0; or -1 with errno: ENOENT (there is no such user), or that of
 * setuid(2). After -1 the caller must end.
 */
int become_user(const char *name);

/* Open /dev/null at each of the descriptors 0 to 2 that is closed, so that no
 * file of ours gets such a number. */
void fill_standard_streams(void);

/* Close this descriptor and all above it. */
void close_from(int first);

#endif
