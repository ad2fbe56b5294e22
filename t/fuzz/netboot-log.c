/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz what vm-netboot-log reads: lines of dnsmasq and lighttpd, which contain
 * text from strangers. Each event comes from one line, and has no token in it.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netboot/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(void *arg, const struct netboot_event *event)
{
	char mac[EVENT_MAC_SIZE];
	const char *at;
	size_t digits = 0;

	(void)arg;
	if (event->mac[0] != '\0' &&
	    (!event_take_mac(event->mac, mac) || strcmp(mac, event->mac) != 0))
		abort();
	if (event->stage[0] == '\0' ||
	    memchr(event->detail, '\0', sizeof(event->detail)) == NULL)
		abort();
	for (at = event->detail; *at != '\0'; at++) {
		if (iscntrl((unsigned char)*at))
			abort();
		digits = isxdigit((unsigned char)*at) ? digits + 1 : 0;
		/* The digits of an escaped byte are not part of a token. */
		if (at >= event->detail + 3 && at[-3] == '\\' && at[-2] == 'x')
			digits = 0;
		if (digits >= EVENT_TOKEN)
			abort();
	}
}

static int
find(void *arg, const char *address, unsigned char mac[6])
{
	(void)arg;
	memset(mac, (int)strlen(address), 6);
	return address[strlen(address) - 1] == '1' ? 0 : -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct events e;
	const uint8_t *end;
	char *line;
	size_t len;

	memset(&e, 0, sizeof(e));
	e.tell = check;
	e.find = find;
	while ((end = memchr(data, '\n', size)) != NULL) {
		len = (size_t)(end - data);
		/* A copy of the exact size: the sanitizer finds a read behind
		 * it. */
		line = malloc(len + 1);
		if (line == NULL)
			return 0;
		memcpy(line, data, len);
		line[len] = '\0';
		events_line(&e, line);
		free(line);
		data += len + 1;
		size -= len + 1;
		/* A short line stands for a pause. */
		if (len < 4)
			events_idle(&e, (int64_t)len * 2500);
	}
	events_end(&e);
	return 0;
}
