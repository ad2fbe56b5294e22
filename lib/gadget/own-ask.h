/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a slot's vm-drive (own.h) is asked for, by drive/ask.h. The functions return as
 * in gadget.h.
 */
#ifndef VM_GADGET_OWN_ASK_H
#define VM_GADGET_OWN_ASK_H

#include "gadget/configfs.h"

#define OWN_MS 30000 /* until a vm-drive has answered, at the worst */

/* Eject the medium of the slot's vm-drive; `how` is "", "force" or "discard". EBUSY:
 * the host has locked the drive. EIO: something that the host wrote is lost.
 * ETIMEDOUT, of a block device after gadget->ms: it ejects when its read or write has
 * ended. Fine if no vm-drive runs: it has no medium then. */
int own_eject(struct gadget *gadget, unsigned slot, const char *how);

/* The type of the drive has changed, while the gadget was not bound. */
int own_retype(struct gadget *gadget, unsigned slot);

/* The vm-drive of the slot ends, if there is one. */
int own_end(struct gadget *gadget, unsigned slot);

#endif
