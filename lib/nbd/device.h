/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Operations on one /dev/nbdN. The functions return 0, unless their comment
 * says otherwise; or -1 with the failure described.
 */
#ifndef VM_NBD_DEVICE_H
#define VM_NBD_DEVICE_H

#include "base/failure.h"
#include "nbd/client.h"
#include "nbd/kernel.h"

/* Returns N of /dev/nbdN. */
int nbd_device_parse(const char *device, struct failure *);

/* Open the kernel's NBD. If it is not loaded, the failure tells what to do. */
int nbd_device_open_kernel(struct nbd_kernel *, struct failure *);

/*
 * Copy the identity and the size of an attached device, whose vm-nbd-attach has
 * died, to the connection. If identity is not NULL, the device must have it.
 */
int nbd_device_take_over(
    int index, const char *identity, struct nbd_connection *, struct failure *);

/* Detach the device, and wait until it is detached: a second at most. */
int nbd_device_detach(int index, struct failure *);

/*
 * Write the data of the device (fd) out of the page cache every second. When
 * stop is readable, write out once more and return.
 */
int nbd_device_write_out(
    int fd, const char *device, int stop, struct failure *);

#endif
