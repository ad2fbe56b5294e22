/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The slot of a vm-drive, from its begin to its end: own.h with the gadgets' lock,
 * and with failures in words. The functions return 0, or -1 with the failure
 * described.
 */
#ifndef VM_GADGET_OWN_DRIVE_H
#define VM_GADGET_OWN_DRIVE_H

#include "gadget/own.h"

struct own_drive {
	unsigned slot;
	struct gadget gadget;
	int lock; /* while the gadget changes; -1: not held */
	char
	    udc[UDC_NAME_SIZE]; /* the gadget's; "": the host does not see it */
};

void own_drive_init(struct own_drive *, unsigned slot);

/* The type of the slot's drive as it is. */
int own_drive_type(
    struct own_drive *, enum image_media *type, struct failure *);

/* Take the slot, with a drive of that type (-1: as it is). The lock is held until
 * own_drive_show() or own_drive_give_back(). */
int own_drive_take(struct own_drive *, int type, struct failure *);

/* Is the slot still that of a vm-drive that was killed? Nothing changes then. */
bool own_drive_resumes(struct own_drive *);

/* Show the gadget to the host, unless it exists on demand and has no medium. */
int own_drive_show(struct own_drive *, struct failure *);

/* The slot has the kernel's drive again. */
int own_drive_give_back(struct own_drive *, struct failure *);

/* End the vm-drive of the slot, another process, if there is one. */
int own_drive_end(struct own_drive *, struct failure *);

/* What the drive says of itself; static text. */
int own_drive_describe(
    struct own_drive *, struct scsi_setup *, struct failure *);

#endif
