/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * DHCP as far as vm-dhcp-probe needs it (RFC 2131, RFC 2132): a DHCPDISCOVER,
 * the DHCPOFFERs that answer it, and the messages of other clients. An offer
 * that is not requested takes no lease.
 *
 * This folder is for network boot. It has no DHCP server: that is dnsmasq.
 */
#ifndef VM_NETBOOT_DHCP_H
#define VM_NETBOOT_DHCP_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_MAC_SIZE  6
#define DHCP_FILE_SIZE 256 /* bytes of a boot file's name, and a NUL */
#define DHCP_DISCOVER_SIZE \
	320 /* old servers drop messages below 300 (RFC 1542) */

/* The client that asks. */
struct dhcp_client {
	uint32_t transaction; /* in network byte order */
	unsigned char mac[DHCP_MAC_SIZE];
	int architecture; /* PXE architecture to pose as (RFC 4578); -1: none */
};

/* What a server offers. An address that it does not tell is 0.0.0.0. */
struct dhcp_offer {
	struct in_addr server, address, next;
	char file
	    [DHCP_FILE_SIZE]; /* printable ASCII, ? for the rest; "": none */
};

/* What another client sends. */
struct dhcp_request {
	unsigned char mac[DHCP_MAC_SIZE];
	unsigned type;	  /* of the message: 1 is DHCPDISCOVER */
	bool is_firmware; /* that boots from the network */
	bool is_ipxe;
	int architecture; /* of firmware; -1: not told */
};

/* Write a DHCPDISCOVER, whose answers come as broadcasts. */
void dhcp_write_discover(const struct dhcp_client *client,
    unsigned char message[DHCP_DISCOVER_SIZE]);

/*
 * Take a message that a server has sent. Returns whether it is a DHCPOFFER that
 * answers the client. offer->server is option 54, or else `from`.
 */
bool dhcp_take_offer(const unsigned char *message, size_t len,
    const struct dhcp_client *client, struct in_addr from,
    struct dhcp_offer *offer);

/* Take a message that a client has sent. Returns whether it is a DHCP message
 * of an Ethernet client. */
bool dhcp_take_request(
    const unsigned char *message, size_t len, struct dhcp_request *request);

/* Returns the name of a message type, such as "discover"; NULL if it is not a
 * type that clients send. */
const char *dhcp_type_name(unsigned type);

#endif
