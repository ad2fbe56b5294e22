/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "netboot/dhcp.h"

/* Where the fields of a message are (RFC 2131 section 2). */
enum {
	OP = 0,
	HARDWARE_TYPE = 1,
	HARDWARE_LENGTH = 2,
	TRANSACTION = 4,
	FLAGS = 10,
	YOUR_ADDRESS = 16,
	NEXT_SERVER = 20,
	HARDWARE_ADDRESS = 28,
	SERVER_NAME = 44,
	SERVER_NAME_SIZE = 64,
	FILE_NAME = 108,
	FILE_NAME_SIZE = 128,
	MAGIC = 236,
	OPTIONS = 240,
};

enum {
	BOOTREQUEST = 1,
	BOOTREPLY = 2,
	ETHERNET = 1,
	BROADCAST = 0x80
};
enum {
	DHCPDISCOVER = 1,
	DHCPOFFER = 2
};

/* Options (RFC 2132, RFC 4578). */
enum {
	PAD = 0,
	OVERLOAD = 52,
	MESSAGE_TYPE = 53,
	SERVER_IDENTIFIER = 54,
	PARAMETERS = 55,
	VENDOR_CLASS = 60,
	BOOT_FILE = 67,
	USER_CLASS = 77,
	CLIENT_ARCHITECTURE = 93,
	CLIENT_INTERFACE = 94,
	CLIENT_UUID = 97,
	END = 255,
};

static const unsigned char magic[] = {99, 130, 83, 99};

/* --- a DHCPDISCOVER ------------------------------------------------------- */

static unsigned char *
put_option(unsigned char *at, unsigned code, const void *value, size_t len)
{
	*at++ = (unsigned char)code;
	*at++ = (unsigned char)len;
	memcpy(at, value, len);
	return at + len;
}

/* Add the options of PXE firmware: a proxy with boot files answers nothing
 * else. */
static unsigned char *
put_firmware(unsigned char *at, const struct dhcp_client *client)
{
	const unsigned char architecture[] = {
	    (unsigned char)(client->architecture >> 8),
	    (unsigned char)client->architecture};
	const unsigned char interface[] = {1, 3, 16}; /* UNDI 3.16 */
	unsigned char uuid[17] = {0};
	char vendor[48];

	snprintf(vendor, sizeof(vendor), "PXEClient:Arch:%05d:UNDI:003016",
	    client->architecture);
	memcpy(uuid + sizeof(uuid) - DHCP_MAC_SIZE, client->mac, DHCP_MAC_SIZE);
	at = put_option(at, VENDOR_CLASS, vendor, strlen(vendor));
	at = put_option(
	    at, CLIENT_ARCHITECTURE, architecture, sizeof(architecture));
	at = put_option(at, CLIENT_INTERFACE, interface, sizeof(interface));
	return put_option(at, CLIENT_UUID, uuid, sizeof(uuid));
}

void
dhcp_write_discover(
    const struct dhcp_client *client, unsigned char message[DHCP_DISCOVER_SIZE])
{
	static const unsigned char type = DHCPDISCOVER;
	/* Mask, router, name server, boot server and file. */
	static const unsigned char wanted[] = {1, 3, 6, 66, BOOT_FILE};
	unsigned char *at = message + OPTIONS;

	memset(message, 0, DHCP_DISCOVER_SIZE);
	message[OP] = BOOTREQUEST;
	message[HARDWARE_TYPE] = ETHERNET;
	message[HARDWARE_LENGTH] = DHCP_MAC_SIZE;
	memcpy(message + TRANSACTION, &client->transaction, 4);
	message[FLAGS] = BROADCAST;
	memcpy(message + HARDWARE_ADDRESS, client->mac, DHCP_MAC_SIZE);
	memcpy(message + MAGIC, magic, sizeof(magic));
	at = put_option(at, MESSAGE_TYPE, &type, 1);
	at = put_option(at, PARAMETERS, wanted, sizeof(wanted));
	if (client->architecture != -1)
		at = put_firmware(at, client);
	*at = END;
}

/* --- a DHCPOFFER ---------------------------------------------------------- */

/* The values of the options that matter here. */
struct options {
	unsigned type, overload;
	struct in_addr server;
	const unsigned char *file;
	size_t file_len;
	bool is_firmware, is_ipxe;
	int architecture;
};

static bool
begins(const unsigned char *value, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(value, with, strlen(with)) == 0;
}

static void
take_option(
    struct options *o, unsigned code, const unsigned char *value, size_t len)
{
	switch (code) {
	case MESSAGE_TYPE:
		if (len == 1)
			o->type = value[0];
		break;
	case OVERLOAD:
		if (len == 1)
			o->overload = value[0];
		break;
	case SERVER_IDENTIFIER:
		if (len == 4)
			memcpy(&o->server, value, 4);
		break;
	case BOOT_FILE:
		o->file = value;
		o->file_len = len;
		break;
	case VENDOR_CLASS:
		o->is_firmware = begins(value, len, "PXEClient") ||
				 begins(value, len, "HTTPClient");
		break;
	case USER_CLASS:
		/* RFC 3004 requires a length first, but iPXE sends none. */
		o->is_ipxe = begins(value, len, "iPXE") ||
			     (len > 0 && begins(value + 1, len - 1, "iPXE"));
		break;
	case CLIENT_ARCHITECTURE:
		if (len >= 2)
			o->architecture = value[0] << 8 | value[1];
		break;
	default:
		break;
	}
}

/* Returns false if an option does not end within the area. */
static bool
take_options(struct options *o, const unsigned char *at, size_t len)
{
	const unsigned char *end = at + len;
	unsigned code;

	while (at < end && *at != END) {
		code = *at++;
		if (code == PAD)
			continue;
		if (at == end || *at > end - at - 1)
			return false;
		take_option(o, code, at + 1, *at);
		at += 1 + *at;
	}
	return true;
}

/* Copy a name of len bytes, or up to its NUL if it has one. */
static void
take_file(char *file, const unsigned char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < DHCP_FILE_SIZE - 1 && name[i] != '\0'; i++)
		file[i] = name[i] > ' ' && name[i] <= '~' ? (char)name[i] : '?';
	file[i] = '\0';
}

static bool
is_answer(
    const unsigned char *message, size_t len, const struct dhcp_client *client)
{
	return len >= OPTIONS && message[OP] == BOOTREPLY &&
	       message[HARDWARE_TYPE] == ETHERNET &&
	       message[HARDWARE_LENGTH] == DHCP_MAC_SIZE &&
	       memcmp(message + TRANSACTION, &client->transaction, 4) == 0 &&
	       memcmp(message + HARDWARE_ADDRESS, client->mac, DHCP_MAC_SIZE) ==
		   0 &&
	       memcmp(message + MAGIC, magic, sizeof(magic)) == 0;
}

bool
dhcp_take_offer(const unsigned char *message, size_t len,
    const struct dhcp_client *client, struct in_addr from,
    struct dhcp_offer *offer)
{
	struct options o = {.server = from};

	if (!is_answer(message, len, client) ||
	    !take_options(&o, message + OPTIONS, len - OPTIONS))
		return false;
	/* The fields of the names may hold options (RFC 2131 section 4.1). */
	if ((o.overload & 1) != 0 &&
	    !take_options(&o, message + FILE_NAME, FILE_NAME_SIZE))
		return false;
	if ((o.overload & 2) != 0 &&
	    !take_options(&o, message + SERVER_NAME, SERVER_NAME_SIZE))
		return false;
	if (o.type != DHCPOFFER)
		return false;
	offer->server = o.server;
	memcpy(&offer->address, message + YOUR_ADDRESS, 4);
	memcpy(&offer->next, message + NEXT_SERVER, 4);
	if (o.file == NULL && (o.overload & 1) == 0) {
		o.file = message + FILE_NAME;
		o.file_len = FILE_NAME_SIZE;
	}
	take_file(offer->file, o.file, o.file_len);
	return true;
}

/* --- what other clients send ------------------------------------------------ */

const char *
dhcp_type_name(unsigned type)
{
	/* RFC 2131 section 3.1; servers send 2, 5 and 6. */
	static const char *const names[] = {NULL, "discover", NULL, "request",
	    "decline", NULL, NULL, "release", "inform"};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

bool
dhcp_take_request(
    const unsigned char *message, size_t len, struct dhcp_request *request)
{
	struct options o = {.architecture = -1};

	if (len < OPTIONS || message[OP] != BOOTREQUEST ||
	    message[HARDWARE_TYPE] != ETHERNET ||
	    message[HARDWARE_LENGTH] != DHCP_MAC_SIZE ||
	    memcmp(message + MAGIC, magic, sizeof(magic)) != 0 ||
	    !take_options(&o, message + OPTIONS, len - OPTIONS) ||
	    dhcp_type_name(o.type) == NULL)
		return false;
	memcpy(request->mac, message + HARDWARE_ADDRESS, DHCP_MAC_SIZE);
	request->type = o.type;
	request->is_firmware = o.is_firmware || o.is_ipxe;
	request->is_ipxe = o.is_ipxe;
	request->architecture = o.architecture;
	return true;
}
