/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"
#include "netboot/event.h"

#define TEXT_SIZE 1024

/* --- what is told --------------------------------------------------------------- */

static bool
is_hex(char c)
{
	return isxdigit((unsigned char)c) != 0;
}

static size_t
hex_digits(const char *text)
{
	size_t n = 0;

	while (is_hex(text[n]))
		n++;
	return n;
}

/* This works in place, because "..." is shorter than a token. */
static void
hide_tokens(char *text)
{
	const char *from = text;
	size_t n;

	while (*from != '\0') {
		n = hex_digits(from);
		if (n >= EVENT_TOKEN) {
			memcpy(text, "...", 3);
			text += 3;
		} else {
			n += n == 0;
			memmove(text, from, n);
			text += n;
		}
		from += n;
	}
	*text = '\0';
}

void
event_make(struct netboot_event *event, const char *mac, const char *stage,
    const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list ap;
	size_t len;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/* A token that is cut off may be too short to be recognized. */
	len = strlen(text);
	if (len == sizeof(text) - 1)
		while (len > 0 && is_hex(text[len - 1]))
			text[--len] = '\0';
	hide_tokens(text);
	snprintf(event->mac, sizeof(event->mac), "%s", mac);
	event->stage = stage;
	shown(event->detail, sizeof(event->detail), text);
}

/* --- names ------------------------------------------------------------------------ */

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool
ends(const char *text, const char *with)
{
	const size_t len = strlen(text), end = strlen(with);

	return len >= end && strcmp(text + len - end, with) == 0;
}

const char *
event_stage_of_file(const char *name, bool is_tftp)
{
	if (strcmp(name, "done") == 0)
		return is_tftp ? "loader" : "done";
	if (ends(name, ".ipxe") || (is_tftp && strcmp(name, "grub.cfg") == 0))
		return "script";
	if (begins(name, "kernel") || begins(name, "vmlinuz"))
		return "kernel";
	if (begins(name, "initrd"))
		return "initrd";
	if (ends(name, ".iso") || ends(name, ".img"))
		return "iso";
	return is_tftp || ends(name, ".efi") ? "loader" : "file";
}

char *
event_write_mac(char text[EVENT_MAC_SIZE], const unsigned char mac[6])
{
	snprintf(text, EVENT_MAC_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
	    mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

bool
event_take_mac(const char *text, char out[EVENT_MAC_SIZE])
{
	size_t i;

	if (strlen(text) != EVENT_MAC_SIZE - 1)
		return false;
	for (i = 0; i < EVENT_MAC_SIZE - 1; i++)
		if (i % 3 == 2 ? text[i] != ':' : !is_hex(text[i]))
			return false;
	for (i = 0; i < EVENT_MAC_SIZE; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	return true;
}

const char *
event_architecture(int number)
{
	switch (number) {
	case 0:
		return "bios";
	case 6:
		return "efi-x86";
	case 7:
	case 9: /* EFI byte code, but some x86_64 firmware sends it */
		return "efi-x86_64";
	case 11:
		return "efi-arm64";
	case 15:
		return "http-x86";
	case 16:
		return "http-x86_64";
	case 19:
		return "http-arm64";
	default:
		return NULL;
	}
}

const char *
event_client(char text[EVENT_CLIENT_SIZE], bool is_firmware, bool is_ipxe,
    int architecture)
{
	const char *name = event_architecture(architecture);

	if (is_ipxe)
		return "ipxe";
	if (!is_firmware)
		return "plain";
	if (name != NULL)
		return name;
	if (architecture == -1)
		return "arch-unknown";
	snprintf(text, EVENT_CLIENT_SIZE, "arch-%d", architecture);
	return text;
}
