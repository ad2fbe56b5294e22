/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Make events from the lines that dnsmasq (--log-dhcp, --log-facility=-),
 * lighttpd (accesslog.format = "http %h %s %O %D %X %{Content-Range}o %m %U")
 * and vm-dhcp-probe -w write. Much of their text was sent by strangers. No I/O,
 * and all memory is bounded.
 *
 * With --log-dhcp, dnsmasq logs a DHCP message as a block of lines with its
 * transaction number. A line in the middle tells what the message is, and a
 * later line tells which boot file was sent. Therefore an offer is told when
 * its block is over.
 */
#ifndef VM_NETBOOT_EVENTS_H
#define VM_NETBOOT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "netboot/events-state.h"

/* Milliseconds without a line: after the first an offer is told, and after the
 * second a request counts as one to another server. */
#define EVENTS_BLOCK_MS	  100
#define EVENTS_FOREIGN_MS 5000

/* Take a line without its newline. The line is changed. */
void events_line(struct events *, char *line);

/* No line of a block has come for this many milliseconds. */
void events_idle(struct events *, int64_t ms);

/* May an event be held back, so that events_idle() must be called? */
bool events_wait(const struct events *);

/* There are no more lines: tell the offer that is held back, if any. */
void events_end(struct events *);

#endif
