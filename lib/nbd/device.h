/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What is done to one /dev/nbdN, as a program asks for it.
 *
 * Functions return 0, or as they say; or -1 with the failure described.
 */
#ifndef VM_NBD_DEVICE_H
#define VM_NBD_DEVICE_H

#include "base/failure.h"
#include "nbd/client.h"
#include "nbd/kernel.h"

/* The index of the device that this names: N of /dev/nbdN. */
int nbd_device_parse(const char *device, struct failure *);

/* Open the kernel's NBD, and say what to do where it is not loaded. */
int nbd_device_open_kernel(struct nbd_kernel *, struct failure *);

/*
 * Look at an attached device whose vm-nbd-attach has died: its identity and size
 * are put into the connection. With an identity (not NULL), the device must have
 * that one.
 */
int nbd_device_take_over(
    int index, const char *identity, struct nbd_connection *, struct failure *);

/* Detach, and wait for it: a second at most. */
int nbd_device_detach(int index, struct failure *);

/*
 * Write out what the page cache holds for the device (fd), every second, and
 * once more when stop can be read, which ends it.
 */
int nbd_device_write_out(
    int fd, const char *device, int stop, struct failure *);

#endif
