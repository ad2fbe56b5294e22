/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The kernel's table of neighbours (proc(5), /proc/net/arp): the MAC address of
 * an IPv4 address that has just sent something. The neighbour itself told it,
 * and any machine on that network can claim the same.
 */
#ifndef VM_NETBOOT_NEIGHBOURS_H
#define VM_NETBOOT_NEIGHBOURS_H

#include <netinet/in.h>

#include <stdbool.h>

#define NEIGHBOURS_TABLE "/proc/net/arp"
#define MAC_SIZE	 6

/*
 * Find the MAC of an address in the table at that path, which is read each
 * time. The address is text: IPv4, or IPv4 in IPv6 (::ffff:192.0.2.1). Only
 * complete entries of Ethernet count, and only those of that adapter, unless it
 * is NULL.
 *
 * Returns 0; or -1 with errno: ENOENT if there is no entry, or if adapters have
 * different ones; or that of open(2) and read(2).
 */
int neighbours_mac(const char *table, const char *adapter, const char *address,
    unsigned char mac[MAC_SIZE]);

/* Parse an address as above. Returns false if the text is not one. */
bool neighbours_address(const char *text, struct in_addr *);

/* Is a line of the table an entry that counts, for that address? If so, its MAC
 * is stored. */
bool neighbours_take(const char *line, const char *adapter, struct in_addr,
    unsigned char mac[MAC_SIZE]);

#endif
