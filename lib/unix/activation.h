/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The socket that a socket unit of systemd passes (sd_listen_fds(3)).
 */
#ifndef VM_UNIX_ACTIVATION_H
#define VM_UNIX_ACTIVATION_H

/* Returns the descriptor of the one socket that we were given, close-on-exec; or
 * -1 where we were given none. Our children do not see the variables that tell of
 * it. */
int activation_socket(void);

#endif
