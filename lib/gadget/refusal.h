/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The message that tells why a medium was not inserted, and what to do.
 */
#ifndef VM_GADGET_REFUSAL_H
#define VM_GADGET_REFUSAL_H

#include "base/cause.h"
#include "gadget/insert.h"

#define GADGET_WHY_SIZE (PATH_MAX + 256)

/*
 * Write the reason why gadget_insert() returned result to why. errno must be as
 * gadget_insert() left it. The function looks at the other drives for at most ms
 * milliseconds. Returns the exit status of sysexits(3) for that reason, and sets
 * *cause. For
 * GADGET_FAILED it returns 0 and does not change why: there the gadget's at[] and
 * errno tell the reason.
 */
int gadget_refusal_text(const struct gadget_insertion *insertion,
    enum gadget_result result, const struct gadget_refusal *refusal, int ms,
    char why[static GADGET_WHY_SIZE], enum cause *cause);

#endif
