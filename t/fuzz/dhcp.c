/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz what vm-dhcp-probe reads from the network: a packet. What is taken for an
 * offer has a name that ends, and that a terminal can show.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netboot/datagram.h"
#include "netboot/dhcp.h"

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
	message = datagram_take(data, size, &len, &from);
	if (message == NULL)
		return 0;
	if (message < data || len > size || message + len > data + size)
		abort();
	if (dhcp_take_offer(message, len, &client, from, &offer))
		check(&offer);
	return 0;
}
