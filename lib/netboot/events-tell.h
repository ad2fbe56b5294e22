/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Telling an event, and of which machine.
 */
#ifndef VM_NETBOOT_EVENTS_TELL_H
#define VM_NETBOOT_EVENTS_TELL_H

#include "netboot/events-state.h"

/* Tell an event of a MAC, which may be "". */
void events_tell(struct events *, const char *mac, const char *stage,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The MAC of an address: of a lease that is known, or what events.find() finds; or
 * "". It may be in mac. */
const char *events_mac(
    struct events *, const char *address, char mac[EVENT_MAC_SIZE]);

#endif
