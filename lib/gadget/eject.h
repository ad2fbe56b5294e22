/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Ejecting with some care for the host, and for a medium that is not ours.
 */
#ifndef VM_GADGET_EJECT_H
#define VM_GADGET_EJECT_H

#include "gadget/gadget.h"

#define EJECT_FORCED (-1)

/*
 * Eject the medium, or with a file only if the drive holds that file; of a drive
 * that does not answer this is assumed. With EJECT_FORCED in place of ms the host
 * is not asked. A host that looks at a partition table has the drive locked for
 * that moment: a locked drive is tried for ms milliseconds. Returns as in gadget.h;
 * -1 with EBUSY if it is still locked then.
 */
int gadget_eject_medium(
    struct gadget *gadget, unsigned slot, const char *file, int ms);

#endif
