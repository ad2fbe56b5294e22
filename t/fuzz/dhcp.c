/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz what vm-dhcp-probe reads from the network: a packet. In an accepted
 * offer, the name has an end and only characters that a terminal can show.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netboot/datagram.h"
#include "netboot/dhcp.h"
#include "netboot/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct dhcp_offer *offer)
{
	const char *end = memchr(offer->file, '\0', sizeof(offer->file));
	const char *at;

	if (end == NULL)
		abort();
	for (at = offer->file; at < end; at++)
		if (*at <= ' ' || *at > '~')
			abort();
}

/* An accepted client's message has a name and a kind. */
static void
check_request(const unsigned char *message, size_t len)
{
	char text[EVENT_CLIENT_SIZE];
	struct dhcp_request r;

	if (dhcp_take_request(message, len, &r) &&
	    (dhcp_type_name(r.type) == NULL ||
		*event_client(text, r.is_firmware, r.is_ipxe, r.architecture) ==
		    '\0'))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dhcp_client client = {
	    .transaction = 0x78787878, .mac = {'x', 'x', 'x', 'x', 'x', 'x'}};
	const struct in_addr nobody = {0};
	struct dhcp_offer offer;
	const unsigned char *message;
	struct in_addr from;
	size_t len;

	if (dhcp_take_offer(data, size, &client, nobody, &offer))
		check(&offer);
	check_request(data, size);
	message = datagram_take(data, size, DHCP_SERVER_PORT, &len, &from);
	if (message != NULL)
		check_request(message, len);
	message = datagram_take(data, size, DHCP_CLIENT_PORT, &len, &from);
	if (message == NULL)
		return 0;
	if (message < data || len > size || message + len > data + size)
		abort();
	if (dhcp_take_offer(message, len, &client, from, &offer))
		check(&offer);
	return 0;
}
