/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The roles of DSP0266 section 13.4 (Role 1.3.3), which cannot be changed.
 */
#ifndef VM_REDFISH_ROLES_H
#define VM_REDFISH_ROLES_H

#include "redfish/redfish.h"

/* Privileges of the role of that name; 0 if there is no such role. */
unsigned redfish_privileges(const char *role);

/* The names of the roles; a NULL ends them. */
extern const char *const redfish_roles[];

#endif
