/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Who has sent a request, and what that one may (DSP0266 section 13).
 */
#ifndef VM_REDFISH_AUTH_H
#define VM_REDFISH_AUTH_H

#include "redfish/redfish.h"
#include "redfish/resource.h"

/*
 * Find out by X-Auth-Token or else by Basic who the client is: vm-door says it.
 * Where the handler reads a slot, vm-door says in the same answer what it keeps of
 * the slot, r->kept. The handler may be NULL. Returns whether the client is
 * anybody; if not, a message has been said (401, 503).
 */
bool auth_take(struct redfish *, const struct redfish_handler *);

/*
 * May the client use this method of the resource, which needs that privilege? If
 * not, a message has been said (403).
 */
bool auth_allows(
    struct redfish *, enum redfish_method, enum redfish_privilege needed);

#endif
