/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Events from the lines that dnsmasq (--log-dhcp, --log-facility=-) and lighttpd
 * (accesslog.format = "http %h %s %O %D %X %{Content-Range}o %m %U") write, and
 * vm-dhcp-probe -w. Much of them is what strangers sent. No I/O, and all that is kept
 * is bounded.
 *
 * With --log-dhcp, a DHCP message is a block of lines with its transaction number.
 * What it is stands in the middle of them, and which boot file was sent behind it.
 * Thus an offer is told when its block is over.
 */
#ifndef VM_NETBOOT_EVENTS_H
#define VM_NETBOOT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "netboot/events-state.h"

/* Milliseconds without a line after which an offer is told, and after which a
 * request must have been one to another server. */
#define EVENTS_BLOCK_MS	  100
#define EVENTS_FOREIGN_MS 5000

/* Take a line, which has no newline any more; it is changed. */
void events_line(struct events *, char *line);

/* No line of a block has come for this many milliseconds. */
void events_idle(struct events *, int64_t ms);

/* Is an event held back, for which events_idle() must be called? */
bool events_wait(const struct events *);

/* There will be no more lines. */
void events_end(struct events *);

#endif
