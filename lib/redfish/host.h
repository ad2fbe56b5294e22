/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The host's power and boot override (ComputerSystem), which vm-host(8) knows and
 * changes by way of vm-door.
 */
#ifndef VM_REDFISH_HOST_H
#define VM_REDFISH_HOST_H

#include "redfish/redfish.h"

struct host {
	json_t *json; /* what `vm-host status -j` has printed */
};

/* Ask for it. Returns false where the refusal is in *r. */
bool host_read(struct redfish *r, struct host *host);
void host_free(struct host *);

/* Write PowerState, Boot and Actions to the body, and Boot to the ETag. Only what
 * vm-host offers is there. */
void host_put(struct redfish *r, const struct host *host);

#endif
