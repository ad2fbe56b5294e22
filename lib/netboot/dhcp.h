/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * DHCP as far as vm-dhcp-probe needs it: a DHCPDISCOVER, and the DHCPOFFERs that
 * answer it (RFC 2131, RFC 2132). An offer that is not requested takes no lease. And
 * what other clients send.
 *
 * This folder is for network boot. It makes no DHCP server: dnsmasq is one.
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
	320 /* old servers take no less than 300 (RFC 1542) */

/* Who asks. */
struct dhcp_client {
	uint32_t transaction; /* in the order of the network */
	unsigned char mac[DHCP_MAC_SIZE];
	int architecture; /* asks as PXE firmware of it (RFC 4578); -1: does not */
};

/* What a server offers. Addresses are 0.0.0.0 where it says none. */
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
	int architecture; /* of firmware; -1: it does not say */
};

/* Write a DHCPDISCOVER, whose answers come as broadcasts. */
void dhcp_write_discover(const struct dhcp_client *client,
    unsigned char message[DHCP_DISCOVER_SIZE]);

/*
 * Take a message that a server has sent. Returns whether it is a DHCPOFFER that
 * answers the client. server is that of option 54, or else `from`.
 */
bool dhcp_take_offer(const unsigned char *message, size_t len,
    const struct dhcp_client *client, struct in_addr from,
    struct dhcp_offer *offer);

/* Take a message that a client has sent. Returns whether it is one of DHCP, from
 * Ethernet. */
bool dhcp_take_request(
    const unsigned char *message, size_t len, struct dhcp_request *request);

/* What a type of a message is called, such as "discover"; NULL for none of a client's. */
const char *dhcp_type_name(unsigned type);

#endif
