/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netboot/events-dhcp.h"
#include "netboot/events-tell.h"
#include "netboot/events-text.h"

/* --- who sent a message ------------------------------------------------------------- */

static void
tell_unknown(struct events *e, const char *mac)
{
	const struct events_block *b = &e->block;

	if (b->architecture == -1)
		events_tell(e, mac, "ignored", "unknown-arch");
	else
		events_tell(
		    e, mac, "ignored", "unknown-arch %d", b->architecture);
}

static void
tell_ask(struct events *e, const char *mac)
{
	const struct events_block *b = &e->block;
	char text[EVENT_CLIENT_SIZE];

	events_tell(e, mac, "ask", "%s",
	    event_client(text, b->is_firmware, b->is_ipxe, b->architecture));
}

/* The vendor class of firmware: "PXEClient:Arch:00007:UNDI:003000". */
static void
take_vendor(struct events_block *b, char *text)
{
	char *end;
	unsigned long number;

	if (!events_skip(&text, "PXEClient") &&
	    !events_skip(&text, "HTTPClient"))
		return;
	b->is_firmware = true;
	b->architecture = -1;
	if (!events_skip(&text, ":Arch:") || *text < '0' || *text > '9')
		return;
	number = strtoul(text, &end, 10);
	if (number <= UINT16_MAX && (*end == ':' || *end == '\0'))
		b->architecture = (int)number;
}

/* Remember the MAC of a transaction. Of a request to another server, dnsmasq
 * logs nothing but the number of the transaction. */
static void
learn_transaction(struct events *e, const char *mac, bool is_ignored)
{
	const uint32_t number = e->block.transaction;
	unsigned i;

	for (i = 0; i < EVENTS_TRANSACTIONS; i++)
		if (e->transactions[i].mac[0] != '\0' &&
		    e->transactions[i].number == number)
			break;
	if (i == EVENTS_TRANSACTIONS) {
		i = e->next_transaction;
		e->next_transaction = (i + 1) % EVENTS_TRANSACTIONS;
	}
	e->transactions[i].number = number;
	e->transactions[i].is_ignored = is_ignored;
	snprintf(e->transactions[i].mac, EVENT_MAC_SIZE, "%s", mac);
}

static void
learn_address(struct events *e, struct in_addr address, const char *mac)
{
	unsigned i;

	for (i = 0; i < EVENTS_ADDRESSES; i++)
		if (e->addresses[i].mac[0] != '\0' &&
		    e->addresses[i].address.s_addr == address.s_addr)
			break;
	if (i == EVENTS_ADDRESSES) {
		i = e->next_address;
		e->next_address = (i + 1) % EVENTS_ADDRESSES;
	}
	e->addresses[i].address = address;
	snprintf(e->addresses[i].mac, EVENT_MAC_SIZE, "%s", mac);
}

/* --- the end of a block ------------------------------------------------------------- */

void
events_dhcp_offer(struct events *e)
{
	struct events_block *b = &e->block;
	const char *space = b->file[0] != '\0' ? " " : "";
	const bool is_missing =
	    b->is_firmware && !b->is_ipxe && b->file[0] == '\0';

	if (b->holds == HOLDS_PROXY) {
		if (!b->is_second)
			tell_ask(e, b->mac);
		if (is_missing && b->has_no_menu)
			tell_unknown(e, b->mac);
		else
			events_tell(
			    e, b->mac, "offer", "proxy%s%s", space, b->file);
	} else if (b->holds == HOLDS_OFFER) {
		if (is_missing && b->has_options)
			tell_unknown(e, b->mac);
		else
			events_tell(e, b->mac, "offer", "%s%s%s", b->address,
			    space, b->file);
	}
	b->holds = HOLDS_NOTHING;
}

/* If dnsmasq logs no result, the request was for another server. */
static void
tell_foreign(struct events *e)
{
	unsigned i;

	for (i = 0; i < EVENTS_TRANSACTIONS; i++)
		if (e->transactions[i].mac[0] != '\0' &&
		    e->transactions[i].number == e->block.transaction)
			break;
	if (i < EVENTS_TRANSACTIONS && !e->transactions[i].is_ignored)
		events_tell(e, e->transactions[i].mac, "foreign",
		    "it asks another server for an address");
}

void
events_dhcp_end(struct events *e)
{
	struct events_block *b = &e->block;

	if (!b->is_open)
		return;
	events_dhcp_offer(e);
	if (b->is_range && !b->is_judged)
		tell_foreign(e);
	memset(b, 0, sizeof(*b));
}

static void
begin(struct events *e, uint32_t transaction)
{
	events_dhcp_end(e);
	e->block.is_open = true;
	e->block.transaction = transaction;
	e->block.architecture = -1;
}

/* --- what became of a message ------------------------------------------------------- */

/* A line "TYPE(ADAPTER) [ADDRESS] MAC [TEXT]". */
struct verdict {
	const char *type;
	bool has_address;
	struct in_addr address;
	char address_text[INET_ADDRSTRLEN];
	char mac[EVENT_MAC_SIZE];
	const char *text;
};

static bool
parse(char *line, struct verdict *v)
{
	char *at = strchr(line, '('), *word;
	size_t len;

	if (at == NULL ||
	    strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != (size_t)(at - line))
		return false;
	*at++ = '\0';
	v->type = line;
	at = strstr(at, ") ");
	if (at == NULL)
		return false;
	at += 2;
	word = events_word(&at);
	v->has_address = inet_pton(AF_INET, word, &v->address) == 1;
	v->address_text[0] = '\0';
	if (v->has_address) {
		inet_ntop(AF_INET, &v->address, v->address_text,
		    sizeof(v->address_text));
		word = events_word(&at);
	}
	if (!event_take_mac(word, v->mac))
		v->mac[0] = '\0';
	for (len = strlen(at); len > 0 && at[len - 1] == ' '; len--)
		at[len - 1] = '\0';
	v->text = at;
	return true;
}

static void
on_discover(struct events *e, const struct verdict *v, bool has_number)
{
	if (has_number) {
		tell_ask(e, v->mac);
		learn_transaction(e, v->mac, v->text[0] != '\0');
	} else {
		events_tell(e, v->mac, "ask", "-");
	}
	if (v->text[0] == '\0')
		return;
	if (strcmp(v->text, "ignored") == 0 && e->block.is_firmware &&
	    !e->block.is_ipxe &&
	    event_architecture(e->block.architecture) == NULL)
		tell_unknown(e, v->mac);
	else
		events_tell(e, v->mac, "ignored", "%s", v->text);
}

static void
on_nak(struct events *e, const struct verdict *v)
{
	const bool is_foreign = strcmp(v->text, "wrong server-ID") == 0 ||
				strcmp(v->text, "wrong network") == 0;

	events_tell(e, v->mac, is_foreign ? "foreign" : "nak", "%s %s",
	    v->address_text, v->text);
}

/* Hold the event until the lines after it are known. Without --log-dhcp (and
 * thus without a number) there are none. */
static void
hold(struct events *e, const struct verdict *v, int what, bool has_number)
{
	struct events_block *b = &e->block;

	b->holds = what;
	snprintf(b->mac, sizeof(b->mac), "%s", v->mac);
	snprintf(b->address, sizeof(b->address), "%s", v->address_text);
	if (!has_number)
		events_dhcp_offer(e);
}

/* Take a line of a proxy, or of the menu entry that the firmware has chosen. */
static void
on_pxe(struct events *e, struct verdict *v, bool has_number)
{
	if (strcmp(v->text, "proxy") == 0) {
		hold(e, v, HOLDS_PROXY, has_number);
	} else if (strcmp(v->text, "proxy-ignored") == 0) {
		v->text = "ignored";
		on_discover(e, v, has_number);
	} else {
		events_tell(e, v->mac, "offer", "%s%s%s", v->address_text,
		    v->has_address ? " " : "", v->text);
	}
}

static void
on_verdict(struct events *e, struct verdict *v, bool has_number)
{
	if (strcmp(v->type, "DHCPDISCOVER") == 0) {
		on_discover(e, v, has_number);
	} else if (strcmp(v->type, "DHCPOFFER") == 0) {
		hold(e, v, HOLDS_OFFER, has_number);
	} else if (strcmp(v->type, "DHCPACK") == 0) {
		if (v->has_address && v->mac[0] != '\0')
			learn_address(e, v->address, v->mac);
		events_tell(e, v->mac, "address", "%s", v->address_text);
	} else if (strcmp(v->type, "DHCPNAK") == 0) {
		on_nak(e, v);
	} else if (strcmp(v->type, "PXE") == 0) {
		on_pxe(e, v, has_number);
	} else if (strcmp(v->type, "BOOTP") == 0 && v->text[0] != '\0') {
		events_tell(e, v->mac, "ignored", "%s", v->text);
	}
}

/* --- the lines of a block ----------------------------------------------------------- */

/* "sent size: 11 option: 67 bootfile-name  snponly.efi" */
static void
take_option(struct events_block *b, char *text)
{
	unsigned long option;
	char *value;

	b->has_options = true;
	text = strstr(text, "option:");
	value = text != NULL ? strstr(text, "  ") : NULL;
	if (value == NULL)
		return;
	option = strtoul(text + strlen("option:"), NULL, 10);
	/* A number below 10 has two spaces before it: skip them. */
	if (option < 10)
		value = strstr(value + 2, "  ");
	if (value == NULL)
		return;
	value += 2;
	if (option == 67)
		snprintf(b->file, sizeof(b->file), "%s", value);
	else if (option == 53)
		b->is_second = strcmp(value, "2") != 0;
	else if (option == 43)
		b->has_no_menu = events_skip(&value, "06:01:08");
}

/* Take a line that describes the message. Returns false for any other line. */
static bool
take_part(struct events_block *b, char *text)
{
	if (events_skip(&text, "vendor class: "))
		take_vendor(b, text);
	else if (events_skip(&text, "user class: "))
		b->is_ipxe = strstr(text, "iPXE") != NULL;
	else if (events_skip(&text, "bootfile name: "))
		snprintf(b->file, sizeof(b->file), "%s", text);
	else if (events_skip(&text, "sent size:"))
		take_option(b, text);
	else
		return events_skip(&text, "client provides name: ") ||
		       events_skip(&text, "requested options: ");
	return true;
}

static void
take_numbered(struct events *e, uint32_t number, char *text)
{
	struct events_block *b = &e->block;
	struct verdict v;
	char *at = text;
	const bool is_range = events_skip(&at, "available DHCP range: ");
	const bool is_first =
	    is_range || events_skip(&at, "available DHCP subnet: ");

	e->numbered++;
	if (!b->is_open || b->transaction != number ||
	    (is_first && b->is_begun))
		begin(e, number);
	if (is_first) {
		b->is_range |= is_range;
		return;
	}
	b->is_begun = true;
	if (take_part(b, text) || !parse(text, &v))
		return;
	b->is_judged = true;
	on_verdict(e, &v, true);
}

bool
events_dhcp(struct events *e, char *text)
{
	struct verdict v;
	unsigned long long number;
	char *end;

	if (*text >= '0' && *text <= '9') {
		errno = 0;
		number = strtoull(text, &end, 10);
		if (errno == 0 && number <= UINT32_MAX && *end == ' ')
			take_numbered(e, (uint32_t)number, end + 1);
		return true;
	}
	/* dnsmasq handles one message at a time, so the block is over. */
	events_dhcp_offer(e);
	if (!parse(text, &v))
		return false;
	on_verdict(e, &v, false);
	return true;
}
