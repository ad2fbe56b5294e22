/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Waiting for libnbd (libnbd(3), "Asynchronous API").
 */
#ifndef VM_NBD_POLL_H
#define VM_NBD_POLL_H

#include <stdint.h>

struct nbd_handle;

/*
 * Let libnbd work until done() returns 1, or until that moment of clock_ms(); 0:
 * without a limit. Returns 0; or -1 with errno ETIMEDOUT, or 0 if the connection
 * is gone: nbd_get_error(3) may know why.
 */
int nbd_poll_until(
    struct nbd_handle *, int64_t end, int (*done)(struct nbd_handle *));

/* A done(): 1 if no request is in flight. */
int nbd_poll_is_idle(struct nbd_handle *);

#endif
