/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * UDP over IPv4 by hand (RFC 768, RFC 791), for a client that has no address yet: a
 * UDP socket would send from the adapter's own address, and port 68 may be taken.
 */
#ifndef VM_NETBOOT_DATAGRAM_H
#define VM_NETBOOT_DATAGRAM_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>

#define DATAGRAM_HEADERS 28 /* bytes of the IP and UDP headers */

enum {
	DHCP_SERVER_PORT = 67,
	DHCP_CLIENT_PORT = 68
};

/* Write the headers of `len` bytes that follow them in packet: from 0.0.0.0 port 68
 * to 255.255.255.255 port 67. */
void datagram_write(unsigned char *packet, size_t len);

/*
 * Find what a packet brings to a port. Returns it, *len and the sender; or NULL if
 * it is not such a packet, is not whole, or is a fragment. Checksums are not looked
 * at: where the adapter makes them they may be missing.
 */
const unsigned char *datagram_take(const unsigned char *packet, size_t size,
    unsigned port, size_t *len, struct in_addr *from);

#endif
