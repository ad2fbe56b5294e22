/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Why a medium is not in, in words that say what helps.
 */
#ifndef VM_GADGET_REFUSAL_H
#define VM_GADGET_REFUSAL_H

#include "gadget/insert.h"

#define GADGET_WHY_SIZE (PATH_MAX + 256)

/*
 * The reason of a gadget_insert() that ended with result, and errno as it left
 * it; ms is the deadline for a look at the other drives. Returns the exit
 * status that goes with it, of sysexits(3); or 0 for GADGET_FAILED, which the
 * gadget's at[] and errno explain, with why untouched.
 */
int gadget_refusal_text(const struct gadget_insertion *insertion,
    enum gadget_result result, const struct gadget_refusal *refusal, int ms,
    char why[static GADGET_WHY_SIZE]);

#endif
