/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Send a request to the vm-drive of a slot, and wait for its answer. control.h has
 * the requests.
 */
#ifndef VM_DRIVE_ASK_H
#define VM_DRIVE_ASK_H

#include "base/failure.h"

/*
 * Send the request, printf(3)-wise, and wait up to ms milliseconds. Returns 0 if it
 * was carried out; or -1 with the failure described: EX_UNAVAILABLE if no vm-drive
 * runs for the slot, EX_IOERR if it does not answer in time.
 */
int drive_ask(unsigned slot, int ms, struct failure *, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a request that ends the vm-drive: returns when it has ended. */
int drive_ask_end(unsigned slot, int ms, struct failure *, const char *request);

#endif
