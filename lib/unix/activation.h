/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Descriptors that systemd passes to a service (sd_listen_fds(3)): the socket
 * of a socket unit, and those that it keeps for the service (fd-store.h).
 */
#ifndef VM_UNIX_ACTIVATION_H
#define VM_UNIX_ACTIVATION_H

#define ACTIVATION_FD 3 /* the first descriptor, by the protocol */

/* Returns how many descriptors were passed to us, from ACTIVATION_FD on. */
int activation_count(void);

/* Returns the socket that systemd passed, close-on-exec; or -1 if it did not
 * pass exactly one descriptor. Removes the variables, so that our children do
 * not see them. */
int activation_socket(void);

#endif
