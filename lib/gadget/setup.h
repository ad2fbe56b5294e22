/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Make the drives that a plan describes, and keep existing ones where possible.
 * These functions read the present state from configfs, also after a crash. They
 * keep no record of their own.
 */
#ifndef VM_GADGET_SETUP_H
#define VM_GADGET_SETUP_H

#include "gadget/create.h"
#include "gadget/lun.h"

/*
 * Make the drives that the plan describes. If the same drives exist, keep them,
 * and show or hide each gadget where an earlier process died before it did so. A
 * gadget without a medium gets the IDs and strings of the plan, too. If the
 * existing drives differ in more than their types, remove and rebuild all: one
 * gadget for each slot if there are enough free UDCs, else one gadget for all. If
 * that would remove a medium, return GADGET_HELD, with the medium in *medium. If a
 * drive only has another type, change the type, unless the change would disturb a
 * medium. If the result is GADGET_FAILED, gadget is the one that
 * failed, and its at[] names the file; the parts that were built stay.
 */
enum gadget_result gadget_plan_apply(const struct gadget_plan *plan,
    struct gadget *gadget, struct gadget_medium *medium);

/* Eject all media and remove all gadgets of vmedia. Returns as in gadget.h. */
int gadget_remove_all(struct gadget *gadget, int ms);

#endif
