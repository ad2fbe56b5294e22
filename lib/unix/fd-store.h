/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Descriptors that systemd keeps for a service while the service restarts
 * (sd_notify(3), FDSTORE=1). The unit has FileDescriptorStoreMax=. Without
 * systemd, nothing is kept.
 */
#ifndef VM_UNIX_FD_STORE_H
#define VM_UNIX_FD_STORE_H

#include <stddef.h>

/* Take the descriptor with that name. Returns it, close-on-exec, for the caller
 * to close, or -1. systemd still keeps it. */
int fd_store_take(const char *name);

/* Ask systemd to keep fd under that name. The descriptor stays the caller's. */
void fd_store_put(const char *name, int fd);

/* Ask systemd to drop the descriptors with that name. It closes them some time
 * later. */
void fd_store_drop(const char *name);

/* Close and drop the descriptors with all names except these: another version
 * of the program left them. */
void fd_store_drop_others(const char *const names[], size_t count);

/* Wait until systemd has handled all our requests. */
void fd_store_wait(void);

#endif
