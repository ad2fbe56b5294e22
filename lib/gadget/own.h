/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A slot whose drive is a program, vm-drive(8): in the slot's gadget the function
 * ffs.vmediaN, of FunctionFS, takes the place of mass_storage.N
 * (Documentation/usb/functionfs.rst). mass_storage.N stays beside it, as no part of
 * the configuration: it has the drive's type, and what the drive says of itself.
 *
 * Linux binds such a gadget only while each vm-drive of it runs, and unbinds it when
 * one ends. The functions that return int return as in gadget.h.
 */
#ifndef VM_GADGET_OWN_H
#define VM_GADGET_OWN_H

#include "gadget/lun.h"
#include "scsi/scsi.h"

/*
 * Give the slot to a program: unbind the gadget, and mount FunctionFS at the usb of
 * drive/place.h. The host sees all drives of the gadget leave, and come back when it
 * is bound. Thus a medium in any of them prevents that (GADGET_HELD), unless the
 * slot's program has died, and the host sees none anyway.
 */
enum gadget_result own_take(
    struct gadget *gadget, unsigned slot, struct gadget_medium *held);

/* Give it back to the kernel. The gadget is not bound then. */
int own_give_back(struct gadget *gadget, unsigned slot);

/* Remove what is left of the function, from a gadget that is not bound. */
int own_remove(struct gadget *gadget, unsigned slot);

/* What the drive says of itself, into text of 64 bytes that setup then points to. */
int own_describe(struct gadget *gadget, unsigned slot, char text[static 64],
    struct scsi_setup *setup);

/* May the function halt its endpoints? As vm-gadget setup has decided. */
bool own_may_halt(struct gadget *gadget, unsigned slot);

#endif
