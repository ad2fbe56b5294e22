/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How the drives are to be, and what of those that are there stays. What is
 * left of a crash is found by looking: nothing here trusts a record.
 */
#ifndef VM_GADGET_SETUP_H
#define VM_GADGET_SETUP_H

#include "gadget/create.h"
#include "gadget/lun.h"

/*
 * Make the drives what the plan says. Those that are there stay, and are bound
 * if whoever was to do so has died before. If they differ but for their types,
 * all are removed and built: a gadget for each slot if that many UDCs are
 * free, else one for all. But a medium is never lost: GADGET_HELD and which it
 * is. A type that differs stays so as long as the change would disturb one.
 * If GADGET_FAILED, gadget is the one at which it did, for its at[]; what
 * there is of it stays.
 */
enum gadget_result gadget_plan_apply(const struct gadget_plan *plan,
    struct gadget *gadget, struct gadget_medium *medium);

/* Eject and remove everything of ours. Returns as in gadget.h. */
int gadget_remove_all(struct gadget *gadget, int ms);

#endif
