/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Our USB gadgets in configfs: the host's drives. A slot is one drive: slot N
 * is the function mass_storage.N with a LUN of its own, or that of a program (own.h),
 * in a gadget of its own, "vmedia.N", or with all the others in "vmedia". Two slots are never
 * LUNs of one function: a function has only one thread, so a host's read of a
 * slot whose source is slow would delay all the others.
 *
 * This header finds the gadgets. lun.h has the medium of a slot, insert.h
 * inserts one, setup.h makes and removes all drives, and status.h describes
 * them.
 *
 * Sources: Documentation/ABI/testing/configfs-usb-gadget{,-mass-storage} and
 * drivers/usb/gadget/{configfs.c,function/{f_mass_storage,storage_common}.c}.
 * VM_CONFIGFS in the environment stands for /sys/kernel/config.
 *
 * The functions that return int return 0; or -1 with errno, and with the file in
 * at[] for the message. ETIMEDOUT means that the host is reading a medium that
 * does not answer. The access waits for that read, and may still happen later.
 */
#ifndef VM_GADGET_GADGET_H
#define VM_GADGET_GADGET_H

#include <stdbool.h>

#include "gadget/configfs.h"
#include "gadget/udc.h"

/* --- all gadgets ---------------------------------------------------------- */

/*
 * Take the lock that a vm-gadget needs to change something, and wait for it up to
 * ms milliseconds. Returns a descriptor that holds the lock until it is closed; or
 * -1 with errno: ENOENT if there is no gadget support in configfs, EWOULDBLOCK if
 * another process holds the lock.
 */
int gadget_lock(int ms);

/* Open gadget `number`. ENOENT if it does not exist. */
int gadget_open(struct gadget *gadget, int number, int ms);

/* Open the gadget in which the slot is. ENOENT if there is none. */
int gadget_open_slot(struct gadget *gadget, unsigned slot, int ms);

/* Close the gadget, and keep errno. */
void gadget_close(struct gadget *gadget);

/* Returns name, with "vmedia" or "vmedia.N" in it. */
const char *gadget_name(int number, char name[static 16]);

/* --- one gadget --------------------------------------------------------- */

/* Does the gadget have the slot's function? */
bool gadget_has_slot(struct gadget *gadget, unsigned slot);

/* Is the slot's drive a program? */
bool gadget_is_own(struct gadget *gadget, unsigned slot);

/* Is the slot complete? The link to its function is the last thing that is made; and
 * a program that is the drive must run. */
bool gadget_is_whole(struct gadget *gadget, unsigned slot);

/* Make a function, such as "mass_storage.0", a part of the gadget's configuration. */
int gadget_link_function(struct gadget *gadget, const char *function);

/*
 * The UDC to which the gadget is bound, or "". The host does not see a gadget that
 * is not bound. When it is bound, the host finds all its drives as new.
 */
int gadget_udc(struct gadget *gadget, char udc[UDC_NAME_SIZE]);
int gadget_bind(struct gadget *gadget, const char *udc);
int gadget_unbind(struct gadget *gadget);

#endif
