/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Give up root and descriptors, in processes that talk to the network.
 */
#ifndef VM_UNIX_PRIVILEGES_H
#define VM_UNIX_PRIVILEGES_H

/*
 * Become user name, for good and in no other group than its own; where it is
 * NULL, "vmedia", or "nobody" where there is none. Where we are not root
 * there is nothing to give up, and nothing is done.
 *
 * Returns 0; or -1 with errno: ENOENT (there is no such user), or as of
 * setuid(2). After -1 the caller must end.
 */
int become_user(const char *name);

/* Open /dev/null as those of the descriptors 0 to 2 that are closed, so that no file
 * of ours becomes one of them. */
void fill_standard_streams(void);

/* Close this descriptor and all above it. */
void close_from(int first);

#endif
