/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an errno means if it comes from a function of gadget.h, or from opening a
 * file that is to be inserted.
 */
#ifndef VM_GADGET_ERROR_H
#define VM_GADGET_ERROR_H

#include "base/failure.h"
#include "gadget/configfs.h"

/* Returns the exit status of sysexits(3). */
int gadget_exit_status(int error);

/* Returns the reason in words, which is static text or that of strerror(3). */
const char *gadget_strerror(int error);

/* Describe why something could not be done with a gadget, by errno and its at[].
 * Returns -1. */
int gadget_fail(
    struct failure *, const struct gadget *gadget, const char *what);

/* Describe why gadget_lock() failed, by errno. Returns -1. */
int gadget_fail_lock(struct failure *);

#endif
