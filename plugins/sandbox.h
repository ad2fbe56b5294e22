/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What this process gives up for good before it serves anybody: system calls
 * that no fetching of an image needs, by seccomp(2). Whoever takes it over, by
 * what a server sends, can read the image and speak to the network, which it
 * can anyway; it starts no program, traces no process, changes no mounts and
 * loads nothing into the kernel.
 */
#ifndef VM_SANDBOX_H
#define VM_SANDBOX_H

/*
 * Enter it, with all threads. Returns 0; or -1 with errno: EINVAL, ENOSYS or
 * EOPNOTSUPP where this kernel has none, or ENOMEM.
 */
int sandbox_enter(void);

#endif
