/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The host's power and boot override (ComputerSystem). vm-host(8) reads and
 * changes them; vm-door runs it.
 */
#ifndef VM_REDFISH_HOST_H
#define VM_REDFISH_HOST_H

#include "redfish/redfish.h"

struct host {
	json_t *json; /* what `vm-host status -j` has printed */
};

/* Ask vm-door for the host. Returns false if the refusal is in *r. */
bool host_read(struct redfish *r, struct host *host);
void host_free(struct host *);

/* Write PowerState, Boot and Actions to the body, and add Boot to the ETag.
 * What vm-host does not offer is left out. */
void host_put(struct redfish *r, const struct host *host);

#endif
