/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A gadget whose drive is a program: one function of FunctionFS instead of the
 * kernel's mass storage function (Documentation/usb/functionfs.rst;
 * Documentation/ABI/testing/configfs-usb-gadget-ffs). Its name is "vmedia-own.N".
 * vm-gadget neither makes nor removes it; two of them need two UDCs.
 *
 * All functions return as in gadget.h; gadget->at says where it failed.
 */
#ifndef VM_GADGET_OWN_H
#define VM_GADGET_OWN_H

#include "gadget/gadget.h"
#include "gadget/identity.h"

/* The gadget to make. */
struct own_plan {
	unsigned slot;
	const char *udc;   /* the only one to use, or NULL */
	const char *mount; /* an empty directory, for its FunctionFS */
	struct gadget_identity identity;
	int ms; /* deadline of each access */
};

/*
 * Make the gadget, not bound, and mount its FunctionFS. What a killed process has
 * left of it is removed first. `udc` is the one that it may be bound to. EBUSY or
 * ENODEV: as udc_find_free(). The gadget stays open also after a failure.
 */
int own_make(const struct own_plan *plan, struct gadget *gadget,
    char udc[UDC_NAME_SIZE]);

/* Remove it, and the mount, as far as they exist. */
int own_remove(const struct own_plan *plan, struct gadget *gadget);

#endif
