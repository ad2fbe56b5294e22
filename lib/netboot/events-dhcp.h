/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The lines of dnsmasq-dhcp, one by one or in blocks: see netboot/events.h.
 */
#ifndef VM_NETBOOT_EVENTS_DHCP_H
#define VM_NETBOOT_EVENTS_DHCP_H

#include <stdbool.h>

#include "netboot/events-state.h"

/* Take the text of a line. Returns false if it is not about a machine. */
bool events_dhcp(struct events *, char *text);

/* Tell the offer that the block holds back, if any. */
void events_dhcp_offer(struct events *);

/* The same, and end the block. */
void events_dhcp_end(struct events *);

#endif
