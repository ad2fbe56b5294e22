/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The rules that every request must keep before a resource's function answers
 * it, in the order in which they refuse.
 */
#ifndef VM_REDFISH_RULES_H
#define VM_REDFISH_RULES_H

#include "redfish/redfish.h"

/*
 * Answer the request r->http. The caller has also set r->settings and
 * r->deadline; the rest of *r is zeros. `error` is 0, or the HTTP status of a
 * request that could not be read.
 */
void redfish_answer(struct redfish *r, int error);

#endif
