/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Who sent a request, and what that client may do (DSP0266 section 13).
 */
#ifndef VM_REDFISH_AUTH_H
#define VM_REDFISH_AUTH_H

#include "redfish/redfish.h"
#include "redfish/resource.h"

/*
 * Ask vm-door who the client is, by X-Auth-Token or else by Basic. If the
 * handler reads a slot, vm-door's answer also says what vm-door keeps of the
 * slot: r->kept. The handler may be NULL. Returns whether vm-door knows the
 * client; if not, *r has a message (401, 503).
 */
bool auth_take(struct redfish *, const struct redfish_handler *);

/*
 * May the client use this method of the resource, which needs that privilege?
 * If not, *r has a message (403).
 */
bool auth_allows(
    struct redfish *, enum redfish_method, enum redfish_privilege needed);

#endif
