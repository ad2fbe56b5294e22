/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Ask for DHCP servers on the network of an adapter, or watch which clients ask
 * there.
 */
#ifndef VM_NETBOOT_PROBE_H
#define VM_NETBOOT_PROBE_H

#include <stdint.h>

#include "base/failure.h"
#include "netboot/dhcp.h"

struct probe {
	int fd, adapter; /* a packet socket, and the adapter's index */
	struct dhcp_client client;
	int64_t begin; /* of clock_ms(), when the first DHCPDISCOVER went out */
	unsigned sent; /* DHCPDISCOVERs */
};

/*
 * Prepare to ask on an Ethernet adapter, with a MAC address that no machine has
 * and that is made up each time. architecture: see dhcp_client. Returns 0, or
 * -1 with *why. probe_close() ends it.
 */
int probe_open(
    struct probe *, const char *adapter, int architecture, struct failure *why);
void probe_close(struct probe *);

/*
 * Ask until `ms` milliseconds after the first DHCPDISCOVER, and wait for the
 * next offer; a repeated offer is returned again. Returns 1 with *offer and
 * *after, the milliseconds since the first DHCPDISCOVER; 0 when the time is
 * over; or -1 with *why.
 */
int probe_next(struct probe *, int64_t ms, struct dhcp_offer *offer,
    int64_t *after, struct failure *why);

/*
 * Prepare to watch what clients send on an Ethernet adapter; we send nothing.
 * Returns 0, or -1 with *why. probe_close() ends it.
 */
int probe_open_watch(struct probe *, const char *adapter, struct failure *why);

/* Wait for the next message of a client. Returns 0, or -1 with *why. */
int probe_watch(
    struct probe *, struct dhcp_request *request, struct failure *why);

#endif
