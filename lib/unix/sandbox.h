/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Before a process reads from the network, it gives up system calls that it
 * never needs, by seccomp(2). A peer that takes the process over by what it
 * sends can go on with what the process was doing, and hardly more.
 */
#ifndef VM_UNIX_SANDBOX_H
#define VM_UNIX_SANDBOX_H

#include <stdbool.h>

/*
 * Refuse what fetching an image, or connecting to a server, never needs: from
 * now on all threads of this process can start no program, trace no process,
 * type into no terminal, make no namespaces, change no mounts and load nothing
 * into the kernel. Returns 0; or -1 with errno.
 */
int sandbox_enter(void);

/*
 * Refuse the same, and what a program that only reads files and speaks with
 * this machine never needs: sockets other than Unix ones, and whatever makes,
 * writes, renames or removes a file. Returns as above.
 */
int sandbox_enter_local(void);

/*
 * Allow only what moves bytes between descriptors that are open already or are
 * received: from now on this process opens no file and no socket, makes no
 * connection and no process, and signals nobody. Other calls fail with EPERM.
 * Returns as above. (With sanitizers, which need more, it does nothing.)
 */
int sandbox_enter_strict(void);

/*
 * Allow the same, and what a process does with the files and devices that it has
 * open: reads and writes at an offset, asynchronous ones, and this ioctl(2). Other
 * calls fail with EPERM. Returns as above; with sanitizers as the last one.
 */
int sandbox_enter_device(unsigned request);

/* Is the errno of these that this kernel has no seccomp? */
bool sandbox_is_missing(int error);

#endif
