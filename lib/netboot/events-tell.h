/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Tell an event, and find the machine that it is about.
 */
#ifndef VM_NETBOOT_EVENTS_TELL_H
#define VM_NETBOOT_EVENTS_TELL_H

#include "netboot/events-state.h"

/* Tell an event of the machine with that MAC, which may be "". */
void events_tell(struct events *, const char *mac, const char *stage,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Returns the MAC of an address, from a known lease or from events.find(); or
 * "" if neither has it. The result may be in mac. */
const char *events_mac(
    struct events *, const char *address, char mac[EVENT_MAC_SIZE]);

#endif
