/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdint.h>
#include <string.h>

#include "netboot/datagram.h"

#define IP_HEADER  20
#define UDP_HEADER 8

static unsigned
get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void
put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

/* Add up 16-bit words for the checksum of RFC 1071. An odd last byte is the
 * high half of a word. */
static uint32_t
sum_of(const unsigned char *bytes, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(bytes + i);
	return i < len ? sum + ((uint32_t)bytes[i] << 8) : sum;
}

static unsigned
checksum(uint32_t sum)
{
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return ~sum & UINT16_MAX;
}

void
datagram_write(unsigned char *packet, size_t len)
{
	unsigned char *udp = packet + IP_HEADER;
	const size_t udp_len = UDP_HEADER + len;
	uint32_t sum;
	unsigned check;

	memset(packet, 0, DATAGRAM_HEADERS);
	packet[0] = 0x45; /* IPv4, a header of five words */
	put16(packet + 2, (unsigned)(IP_HEADER + udp_len));
	packet[8] = 64; /* hops */
	packet[9] = IPPROTO_UDP;
	memset(packet + 16, 0xff, 4);
	put16(packet + 10, checksum(sum_of(packet, IP_HEADER, 0)));
	put16(udp, DHCP_CLIENT_PORT);
	put16(udp + 2, DHCP_SERVER_PORT);
	put16(udp + 4, (unsigned)udp_len);
	/* The pseudo header: both addresses, the protocol and the length. */
	sum = sum_of(packet + 12, 8, IPPROTO_UDP + (uint32_t)udp_len);
	check = checksum(sum_of(udp, udp_len, sum));
	put16(udp + 6, check != 0 ? check : UINT16_MAX);
}

const unsigned char *
datagram_take(const unsigned char *packet, size_t size, unsigned port,
    size_t *len, struct in_addr *from)
{
	size_t header, total, udp_len;

	if (size < IP_HEADER || packet[0] >> 4 != 4 || packet[9] != IPPROTO_UDP)
		return NULL;
	header = (size_t)(packet[0] & 15) * 4;
	total = get16(packet + 2);
	/* Refuse a fragment: more follow (MF), or it is not the first. */
	if (header < IP_HEADER || total > size || total < header + UDP_HEADER ||
	    (get16(packet + 6) & 0x3fff) != 0)
		return NULL;
	udp_len = get16(packet + header + 4);
	if (get16(packet + header + 2) != port || udp_len < UDP_HEADER ||
	    udp_len > total - header)
		return NULL;
	memcpy(from, packet + 12, 4);
	*len = udp_len - UDP_HEADER;
	return packet + header + UDP_HEADER;
}
