/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdarg.h>
#include <stdio.h>

#include "netboot/events-tell.h"
#include "netboot/neighbours.h"

void
events_tell(struct events *e, const char *mac, const char *stage,
    const char *format, ...)
{
	struct netboot_event event = {.mac = ""};
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	event_make(&event, mac, stage, "%s", text);
	e->tell(e->arg, &event);
}

const char *
events_mac(struct events *e, const char *address, char mac[EVENT_MAC_SIZE])
{
	unsigned char bytes[MAC_SIZE];
	struct in_addr wanted;
	unsigned i;

	if (!neighbours_address(address, &wanted))
		return "";
	for (i = 0; i < EVENTS_ADDRESSES; i++)
		if (e->addresses[i].mac[0] != '\0' &&
		    e->addresses[i].address.s_addr == wanted.s_addr)
			return e->addresses[i].mac;
	return e->find(e->arg, address, bytes) == 0
		   ? event_write_mac(mac, bytes)
		   : "";
}
