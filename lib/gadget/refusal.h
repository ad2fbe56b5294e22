/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The message that tells why a medium was not inserted, and what to do.
 */
#ifndef VM_GADGET_REFUSAL_H
#define VM_GADGET_REFUSAL_H

#include "base/failure.h"
#include "gadget/insert.h"

/*
 * Describe why gadget_insert() returned result. errno must be as gadget_insert()
 * left it. The function looks at the other drives for a while, to name one that
 * suits. Returns -1.
 */
int gadget_fail_insertion(struct failure *, const struct gadget *gadget,
    const struct gadget_insertion *insertion, enum gadget_result result,
    const struct gadget_refusal *refusal);

#endif
