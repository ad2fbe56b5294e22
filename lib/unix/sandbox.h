/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Before a process reads from the network, it gives up the system calls that it
 * never needs (seccomp(2)). A peer that takes over the process can then do
 * hardly more than the process itself was doing.
 */
#ifndef VM_UNIX_SANDBOX_H
#define VM_UNIX_SANDBOX_H

#include <stdbool.h>

/*
 * Refuse calls that a process never needs to fetch an image or to connect to a
 * server: from now on, no thread of this process can start a program, trace a
 * process, type into a terminal, make a namespace, change a mount or load
 * anything into the kernel. Returns 0; or -1 with errno.
 */
int sandbox_enter(void);

/*
 * Refuse the same, and calls that a program never needs to read files and talk
 * to this machine: sockets other than Unix ones, and all that makes, writes,
 * renames or removes a file. Returns as above.
 */
int sandbox_enter_local(void);

/*
 * Allow only calls that move bytes between descriptors that are open already or
 * are received: from now on this process opens no file and no socket, makes no
 * connection and no process, and signals nobody. Other calls fail with EPERM.
 * Returns as above. (With sanitizers, which need more calls, this does
 * nothing.)
 */
int sandbox_enter_strict(void);

/*
 * Allow the same, and calls on files and devices that the process has open:
 * reads and writes at an offset, asynchronous ones, and this ioctl(2). Other
 * calls fail with EPERM. Returns as above. (With sanitizers, this does
 * nothing.)
 */
int sandbox_enter_device(unsigned request);

/* Does this errno of the functions above mean that the kernel has no
 * seccomp? */
bool sandbox_is_missing(int error);

#endif
