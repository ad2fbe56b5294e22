/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "netboot/events-dhcp.h"
#include "netboot/events-tell.h"
#include "netboot/events-text.h"
#include "netboot/events-tftp.h"

/* Cut the last `what` and the address after it off the text. Returns the
 * address; NULL if there is none. */
static char *
cut_address(char *text, const char *what)
{
	char *at = strstr(text, what), *next;

	if (at == NULL)
		return NULL;
	while ((next = strstr(at + 1, what)) != NULL)
		at = next;
	*at = '\0';
	return at + strlen(what);
}

/* Returns why the address last aborted a transfer, and forgets it; NULL if it
 * did not. */
static const char *
take_aborted(struct events *e, const char *address)
{
	unsigned i;

	for (i = 0; i < EVENTS_ABORTED; i++)
		if (e->aborted[i].address[0] != '\0' &&
		    strcmp(e->aborted[i].address, address) == 0) {
			e->aborted[i].address[0] = '\0';
			return e->aborted[i].why;
		}
	return NULL;
}

static void
on_sent(struct events *e, char *text)
{
	char *address = cut_address(text, " to "), *name = events_base(text);
	char mac[EVENT_MAC_SIZE];

	if (address == NULL || take_aborted(e, address) != NULL)
		return;
	events_tell(e, events_mac(e, address, mac),
	    event_stage_of_file(name, true), "%s", name);
}

static void
on_failed(struct events *e, char *text)
{
	char *address = cut_address(text, " to "), mac[EVENT_MAC_SIZE];
	const char *why;

	if (address == NULL)
		return;
	why = take_aborted(e, address);
	events_tell(e, events_mac(e, address, mac), "tftp-error", "%s %s",
	    events_base(text), why != NULL ? why : "no answer");
}

/* "8 User aborted the transfer received from 192.0.2.9" */
static void
on_abort(struct events *e, char *text)
{
	char *address = cut_address(text, " received from ");
	const unsigned i = e->next_aborted;

	if (address == NULL || strlen(address) >= INET_ADDRSTRLEN)
		return;
	take_aborted(e, address);
	text += strspn(text, "0123456789");
	text += strspn(text, " ");
	snprintf(e->aborted[i].address, sizeof(e->aborted[i].address), "%s",
	    address);
	snprintf(e->aborted[i].why, sizeof(e->aborted[i].why), "%s",
	    *text != '\0' ? text : "it broke off");
	e->next_aborted = (i + 1) % EVENTS_ABORTED;
}

static void
on_missing(struct events *e, char *text)
{
	char *address = cut_address(text, " not found for ");
	char mac[EVENT_MAC_SIZE];

	if (address != NULL)
		events_tell(e, events_mac(e, address, mac), "tftp-error",
		    "%s not found", events_base(text));
}

/* "cannot access PATH: Permission denied". dnsmasq does not log the client. */
static void
on_denied(struct events *e, char *text)
{
	char *why = cut_address(text, ": ");

	if (why != NULL)
		events_tell(
		    e, "", "tftp-error", "%s %s", events_base(text), why);
}

static void
on_refused(struct events *e, char *text)
{
	char *address = cut_address(text, " from "), mac[EVENT_MAC_SIZE];

	if (address != NULL)
		events_tell(
		    e, events_mac(e, address, mac), "tftp-error", "%s", text);
}

bool
events_tftp(struct events *e, char *text)
{
	char *at = text;

	events_dhcp_offer(e);
	if (events_skip(&at, "sent "))
		on_sent(e, at);
	else if (events_skip(&at, "failed sending ") ||
		 events_skip(&at, "timeout sending "))
		on_failed(e, at);
	else if (events_skip(&at, "error "))
		on_abort(e, at);
	else if (events_skip(&at, "file "))
		on_missing(e, at);
	else if (events_skip(&at, "cannot access ") ||
		 events_skip(&at, "cannot read "))
		on_denied(e, at);
	else if (events_skip(&at, "unsupported ") ||
		 events_skip(&at, "empty filename "))
		on_refused(e, text);
	else
		return false;
	return true;
}
