/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The lines of dnsmasq-tftp.
 *
 * Firmware first asks for a file's size: it begins a transfer and aborts it.
 * dnsmasq then logs an error, and after it that the file was sent. If a
 * transfer is aborted in the middle, dnsmasq logs that it has failed instead.
 */
#ifndef VM_NETBOOT_EVENTS_TFTP_H
#define VM_NETBOOT_EVENTS_TFTP_H

#include <stdbool.h>

#include "netboot/events-state.h"

/* Take the text of a line. Returns false if it is not about a machine. */
bool events_tftp(struct events *, char *text);

#endif
