/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Wait for libnbd (libnbd(3), "Asynchronous API").
 */
#ifndef VM_NBD_POLL_H
#define VM_NBD_POLL_H

#include <stdint.h>

struct nbd_handle;

/*
 * Let libnbd work until done() returns 1, or until clock_ms() is end (0: no
 * limit). Returns 0; or -1 with errno ETIMEDOUT, or with errno 0 if the
 * connection is gone: nbd_get_error(3) may tell why.
 */
int nbd_poll_until(
    struct nbd_handle *, int64_t end, int (*done)(struct nbd_handle *));

/* A done(): 1 if no request is in flight. */
int nbd_poll_is_idle(struct nbd_handle *);

#endif
