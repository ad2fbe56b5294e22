/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Before this process reads from the network, it gives up system calls that
 * fetching an image never needs, by seccomp(2). A server that takes the process
 * over by what it sends can read the image and use the network, as before; it
 * cannot start a program, trace a process, type into a terminal, make
 * namespaces, change mounts or load anything into the kernel.
 */
#ifndef VM_SANDBOX_H
#define VM_SANDBOX_H

/*
 * Enter the sandbox, with all threads. Returns 0; or -1 with errno: EINVAL,
 * ENOSYS or EOPNOTSUPP where this kernel has no seccomp, or ENOMEM.
 */
int sandbox_enter(void);

#endif
