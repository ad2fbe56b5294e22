/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Descriptors that systemd keeps for a service while it starts it again (sd_notify(3),
 * FDSTORE=1). The unit has FileDescriptorStoreMax=. Without systemd, nothing is kept.
 */
#ifndef VM_UNIX_FD_STORE_H
#define VM_UNIX_FD_STORE_H

#include <stddef.h>

/* Take what is kept by that name. Returns the descriptor, close-on-exec, which the caller
 * closes, or -1. systemd goes on keeping it. */
int fd_store_take(const char *name);

/* Have it kept by that name. The descriptor stays the caller's. */
void fd_store_put(const char *name, int fd);

/* Have nothing kept by that name any more. systemd closes it some time later. */
void fd_store_drop(const char *name);

/* Close what is kept by all names but these, and have it kept no more: another version
 * of the program has left it. */
void fd_store_drop_others(const char *const names[], size_t count);

/* Wait until systemd has done all that we have asked. */
void fd_store_wait(void);

#endif
