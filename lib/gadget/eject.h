/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Ejecting with some care for the host, and for a medium that is not ours.
 */
#ifndef VM_GADGET_EJECT_H
#define VM_GADGET_EJECT_H

#include "gadget/gadget.h"

/*
 * Eject if the host allows it. A host that looks at a partition table has the
 * drive locked for that moment: a locked drive is tried for ms milliseconds.
 * Returns as in gadget.h; -1 with EBUSY if it is still locked then.
 */
int gadget_eject_unlocked(struct gadget *gadget, unsigned slot, int ms);

/*
 * Does the drive hold that file? Returns 1, also where the kernel does not
 * answer (a read of it is stuck, which only a medium causes); 0; or -1 as in
 * gadget.h.
 */
int gadget_holds(struct gadget *gadget, unsigned slot, const char *file);

#endif
