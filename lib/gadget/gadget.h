/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Our USB gadgets in configfs: the host's drives. A slot is one drive: slot N
 * is the function mass_storage.N with a LUN of its own, in a gadget of its
 * own, "vmedia.N", or with all the others in "vmedia". Two slots are never
 * LUNs of one function: a function has only one thread, so a host's read of a
 * slot whose source is slow would delay all the others.
 *
 * This header finds the gadgets. lun.h has the medium of a slot, insert.h
 * inserts one, setup.h makes and removes all drives, and status.h describes
 * them.
 *
 * By Documentation/ABI/testing/configfs-usb-gadget{,-mass-storage} and
 * drivers/usb/gadget/{configfs.c,function/{f_mass_storage,storage_common}.c}.
 * VM_CONFIGFS in the environment stands for /sys/kernel/config.
 *
 * All that return int return 0; or -1 with errno, and then what was touched
 * is in at[], for the message. ETIMEDOUT: a host's read of a medium that does
 * not answer holds up the access, and what was asked for may happen later.
 */
#ifndef VM_GADGET_GADGET_H
#define VM_GADGET_GADGET_H

#include <stdbool.h>

#include "gadget/configfs.h"
#include "gadget/udc.h"

/* --- all of them -------------------------------------------------------- */

/*
 * One vm-gadget at a time changes things. Waits up to ms. Returns a
 * descriptor that holds the lock until it is closed; or -1 with errno: ENOENT
 * if there is no gadget support in configfs, EWOULDBLOCK.
 */
int gadget_lock(int ms);

/* Open gadget `number`. ENOENT if it does not exist. */
int gadget_open(struct gadget *gadget, int number, int ms);

/* Open the gadget in which the slot is. ENOENT if there is none. */
int gadget_open_slot(struct gadget *gadget, unsigned slot, int ms);

/* Close it, errno untouched. */
void gadget_close(struct gadget *gadget);

/* "vmedia" or "vmedia.N". */
const char *gadget_name(int number, char name[static 16]);

/* --- one gadget --------------------------------------------------------- */

/* Is the slot's function there? */
bool gadget_has_slot(struct gadget *gadget, unsigned slot);

/* Is it complete, that is part of what the host sees? It is made so last. */
bool gadget_is_whole(struct gadget *gadget, unsigned slot);

/*
 * The UDC to which it is bound, "" if to none. Unbound, the host sees nothing
 * of it; to bind it makes the host look at all of its drives anew.
 */
int gadget_udc(struct gadget *gadget, char udc[UDC_NAME_SIZE]);
int gadget_bind(struct gadget *gadget, const char *udc);
int gadget_unbind(struct gadget *gadget);

#endif
