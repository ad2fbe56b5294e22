/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an errno means that has to do with a drive: for those of gadget.h, and
 * for opening a file that is to go into one.
 */
#ifndef VM_GADGET_ERROR_H
#define VM_GADGET_ERROR_H

/* The exit status, of sysexits(3). */
int gadget_exit_status(int error);

/* The reason in words; static, or as strerror(3) has it. */
const char *gadget_strerror(int error);

#endif
