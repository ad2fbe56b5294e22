/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The table of all resources.
 */
#ifndef VM_REDFISH_RESOURCES_H
#define VM_REDFISH_RESOURCES_H

#include "redfish/resource.h"

/* All of them, the last with a NULL for its pattern. */
extern const struct redfish_resource redfish_resources[];

#endif
