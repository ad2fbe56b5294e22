/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the parts of events.h share. Each takes the text of a line of its kind.
 */
#ifndef VM_NETBOOT_EVENTS_INTERNAL_H
#define VM_NETBOOT_EVENTS_INTERNAL_H

#include "netboot/events.h"

/* dnsmasq-dhcp, dnsmasq-tftp. Return false for a line that is not about a machine. */
bool events_dhcp(struct events *, char *text);
bool events_tftp(struct events *, char *text);

/* The fields of the access log behind "http ". */
void events_http(struct events *, char *text);

/* The block is over, as far as its offer is concerned; or altogether. */
void events_dhcp_offer(struct events *);
void events_dhcp_end(struct events *);

/* Tell an event of a MAC, which may be "", or of the machine with an address. */
void events_tell(struct events *, const char *mac, const char *stage,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
const char *events_mac(
    struct events *, const char *address, char mac[EVENT_MAC_SIZE]);

/* If the text begins with the words, put it behind them. */
bool events_skip(char **text, const char *words);

/* Cut the next word off, at a space. Returns "" at the end. */
char *events_word(char **text);

/* The part behind the last slash. */
char *events_base(char *path);

#endif
