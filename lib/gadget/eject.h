/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Ejecting a medium: what the host and other programs may forbid.
 */
#ifndef VM_GADGET_EJECT_H
#define VM_GADGET_EJECT_H

#include "gadget/gadget.h"

#define EJECT_FORCED  (-1)
#define EJECT_DISCARD (-2)

/*
 * Eject the medium. If file is not NULL, eject only if the drive holds that file,
 * or if the drive does not answer. If the host has locked the drive, try again for
 * ms milliseconds, because a host locks a drive while it reads the partition
 * table; with EJECT_FORCED eject all the same, and with EJECT_DISCARD without what
 * the host wrote last to a vm-drive. Returns as in gadget.h, with EBUSY if the drive
 * is still locked, and with EIO if a vm-drive has lost something that the host wrote.
 */
int gadget_eject_medium(
    struct gadget *gadget, unsigned slot, const char *file, int ms);

#endif
