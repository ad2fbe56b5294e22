/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "netboot/events-dhcp.h"
#include "netboot/events-http.h"
#include "netboot/events-tell.h"
#include "netboot/events-text.h"
#include "netboot/events-tftp.h"
#include "netboot/events.h"

/* --- errors ------------------------------------------------------------------------- */

/* The beginnings of dnsmasq's error messages. No message begins with text of
 * strangers. */
static const char *const errors[] = {"Cannot ", "DHCP packet received on ",
    "DHCP range ", "Error ", "Failed ", "Internal error", "TFTP directory ",
    "bad ", "cannot ", "could not ", "directory ", "duplicate ", "error ",
    "failed ", "lease-init script ", "log failed", "netlink returns error",
    "no address range available", "no interface with address ",
    "not using configured address ",
    "overflow: ", "process is missing required capability", "script process ",
    "setting capabilities failed", "too many ", "unable ", "unknown ",
    "warning: "};

static bool
is_error(char *text)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (events_skip(&text, errors[i]))
			return true;
	return false;
}

/* Take what dnsmasq says about itself. If it gives up, the line before tells
 * why. */
static void
take_own(struct events *e, char *text)
{
	char *at = text;

	if (events_skip(&at, "started, version ")) {
		events_tell(e, "", "ready", "dnsmasq");
		return;
	}
	if (is_error(text)) {
		events_tell(e, "", "error", "dnsmasq: %s", text);
		e->unknown[0] = '\0';
		return;
	}
	if (!events_skip(&at, "FAILED to start up")) {
		snprintf(e->unknown, sizeof(e->unknown), "%s", text);
		return;
	}
	if (e->unknown[0] != '\0')
		events_tell(e, "", "error", "dnsmasq: %s", e->unknown);
	e->unknown[0] = '\0';
}

/* --- who wrote a line --------------------------------------------------------------- */

/* Skip "[123]: " after a program's name. Without the number, the program has
 * not opened its log yet. */
static bool
skip_number(char **text, bool *has_number)
{
	char *at = *text;

	*has_number = *at == '[';
	if (*has_number) {
		at++;
		at += strspn(at, "0123456789");
		if (*at++ != ']')
			return false;
	}
	if (!events_skip(&at, ": "))
		return false;
	*text = at;
	return true;
}

/* Returns false if the line is not from dnsmasq. */
static bool
take_dnsmasq(struct events *e, char *line)
{
	bool is_dhcp, is_tftp, has_number, is_taken = false;

	if (!events_skip(&line, "dnsmasq"))
		return false;
	is_dhcp = events_skip(&line, "-dhcp");
	is_tftp = !is_dhcp && events_skip(&line, "-tftp");
	if (!skip_number(&line, &has_number))
		return false;
	if (is_dhcp)
		is_taken = events_dhcp(e, line);
	else if (is_tftp)
		is_taken = events_tftp(e, line);
	else if (!has_number)
		/* dnsmasq ends before it has opened its log. */
		events_tell(e, "", "error", "dnsmasq: %s", line);
	else
		take_own(e, line);
	if ((is_dhcp || is_tftp) && !is_taken && is_error(line))
		events_tell(e, "", "error", "dnsmasq: %s", line);
	return true;
}

/* Skip "2026-11-30 07:58:28: (network.c.537) " before a message of lighttpd. */
static bool
skip_place(char **line)
{
	static const char form[] = "0000-00-00 00:00:00: (";
	char *at = *line;
	size_t i;

	for (i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)at[i])
				   : at[i] != form[i])
			return false;
	at = strchr(at + i, ')');
	if (at == NULL || at[1] != ' ')
		return false;
	*line = at + 2;
	return true;
}

static bool
take_lighttpd(struct events *e, char *line)
{
	if (!skip_place(&line))
		return false;
	if (events_skip(&line, "server started"))
		events_tell(e, "", "ready", "lighttpd");
	else if (!events_skip(&line, "server stopped") &&
		 !events_skip(&line, "[note]"))
		events_tell(e, "", "error", "lighttpd: %s", line);
	return true;
}

/* Take a line of vm-dhcp-probe -w: "TIME MAC TYPE CLIENT" with tabs. Only plain
 * clients count: dnsmasq logs the others itself, as a proxy, too. */
static bool
take_watch(struct events *e, const char *line)
{
	char mac[EVENT_MAC_SIZE], word[18], type[10], client[EVENT_CLIENT_SIZE];

	if (sscanf(line, "%*[0-9.]\t%17[0-9a-f:]\t%9[a-z]\t%31[a-z0-9_-]", word,
		type, client) != 3 ||
	    !event_take_mac(word, mac))
		return false;
	if (strcmp(client, "plain") == 0 &&
	    (strcmp(type, "discover") == 0 || strcmp(type, "request") == 0))
		events_tell(e, mac, "ask", "plain");
	return true;
}

/* Take "PROGRAM: TEXT" of a program that runs beside the servers. */
static void
take_other(struct events *e, const char *line)
{
	const size_t len =
	    strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len > 0 && len <= 32 && line[0] >= 'a' && line[len] == ':' &&
	    line[len + 1] == ' ')
		events_tell(e, "", "error", "%s", line);
}

void
events_line(struct events *e, char *line)
{
	if (events_skip(&line, "http "))
		events_http(e, line);
	else if (!take_dnsmasq(e, line) && !take_lighttpd(e, line) &&
		 !take_watch(e, line))
		take_other(e, line);
}

/* --- waiting ------------------------------------------------------------------------ */

bool
events_wait(const struct events *e)
{
	return e->block.is_open;
}

void
events_idle(struct events *e, int64_t ms)
{
	if (ms >= EVENTS_FOREIGN_MS)
		events_dhcp_end(e);
	else if (ms >= EVENTS_BLOCK_MS)
		events_dhcp_offer(e);
}

void
events_end(struct events *e)
{
	events_dhcp_offer(e);
}
