/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Descriptors that systemd passes to a service (sd_listen_fds(3)): the socket of a
 * socket unit, and what it keeps for the service (fd-store.h).
 */
#ifndef VM_UNIX_ACTIVATION_H
#define VM_UNIX_ACTIVATION_H

#define ACTIVATION_FD 3 /* the first one, by the protocol */

/* Returns how many descriptors were passed to us, from ACTIVATION_FD on. */
int activation_count(void);

/* Returns the descriptor of the one socket that we were given, close-on-exec; or
 * -1 where we were given none. Our children do not see the variables that tell of
 * it. */
int activation_socket(void);

#endif
