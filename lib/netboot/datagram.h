/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * UDP over IPv4 by hand (RFC 768, RFC 791), for a client that has no address
 * yet: a UDP socket would send from the adapter's own address, and port 68 may
 * be taken.
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

/* Write the headers in packet, before `len` bytes of payload: from 0.0.0.0 port
 * 68 to 255.255.255.255 port 67. */
void datagram_write(unsigned char *packet, size_t len);

/*
 * Find the payload of a UDP packet to that port. Returns the payload, with *len
 * and the sender's address; or NULL if the packet is another one, is not whole,
 * or is a fragment. Checksums are not verified: if the adapter computes them,
 * they may be missing here.
 */
const unsigned char *datagram_take(const unsigned char *packet, size_t size,
    unsigned port, size_t *len, struct in_addr *from);

#endif
