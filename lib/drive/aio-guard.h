/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A process that cancels the transfers of another one that was killed.
 *
 * The kernel cancels them when the last user of the killed process's memory ends.
 * Since it counts FunctionFS itself as a user while it copies received bytes there
 * (ffs_user_copy_worker() in drivers/usb/gadget/function/f_fs.c, 2026; Debian has that
 * in 6.1.192), the last user may be FunctionFS: it then waits for the transfer that it
 * is just ending, and no drive works until the machine is booted again. Thus the guard
 * uses the same memory (CLONE_VM), and outlives the process.
 */
#ifndef VM_DRIVE_AIO_GUARD_H
#define VM_DRIVE_AIO_GUARD_H

#include "drive/aio.h"

/*
 * Start the guard of these transfers of ours. It has our rights, enters the sandbox of
 * a worker, keeps only the descriptor `link` open, and ends after us. Call it before
 * the sandbox of the caller, which forbids it. Returns 0, or -1 with errno: then there
 * is no guard.
 */
int aio_guard(const struct aio *, int link);

#endif
