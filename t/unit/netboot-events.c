/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "check.h"
#include "netboot/events.h"

#define MAC   "02:00:00:00:00:01"
#define TOKEN "0123456789abcdef0123456789ABCDEF"

/* What was told: "MAC STAGE DETAIL" for each event, with a newline. */
static char told[65536];

static void
tell(void *arg, const struct netboot_event *event)
{
	const size_t len = strlen(told);

	(void)arg;
	snprintf(told + len, sizeof(told) - len, "%s %s %s\n", event->mac,
	    event->stage, event->detail);
}

static int
find(void *arg, const char *address, unsigned char mac[6])
{
	(void)arg;
	(void)address;
	memset(mac, 9, 6);
	return 0;
}

static void
begin(struct events *e)
{
	memset(e, 0, sizeof(*e));
	e->tell = tell;
	e->find = find;
	told[0] = '\0';
}

static void
say(struct events *e, const char *line)
{
	char copy[2048];

	snprintf(copy, sizeof(copy), "%s", line);
	events_line(e, copy);
}

#define DHCP(e, text) say(e, "dnsmasq-dhcp[1]: " text)

static void
test_tokens(void)
{
	struct netboot_event event = {.mac = ""};

	event_make(&event, MAC, "stage", "a/%s/b", TOKEN);
	CHECK(strcmp(event.detail, "a/.../b") == 0);
	event_make(&event, "", "stage", "%.31s", TOKEN);
	CHECK(strlen(event.detail) == 31);
	event_make(&event, "", "stage", "%s%s0x", TOKEN, TOKEN);
	CHECK(strcmp(event.detail, "...x") == 0);
	/* At most 200 bytes, and no part of an escaped byte. */
	event_make(&event, "", "stage", "%0199dz\t", 1);
	CHECK(strcmp(event.detail, "...z\\x09") == 0);
	event_make(&event, "", "stage", "%*s\t", 198, "z");
	CHECK(strlen(event.detail) == 198);
}

static void
test_macs(void)
{
	char mac[EVENT_MAC_SIZE];

	CHECK(event_take_mac("02:AB:cd:EF:00:01", mac));
	CHECK(strcmp(mac, "02:ab:cd:ef:00:01") == 0);
	CHECK(!event_take_mac("02:AB:cd:EF:00:0", mac));
	CHECK(!event_take_mac("02:AB:cd:EF:00:011", mac));
	CHECK(!event_take_mac("02-AB-cd-EF-00-01", mac));
	CHECK(!event_take_mac("02:AB:cd:EF:00:0g", mac));
	/* dnsmasq writes the kind of hardware before an address that is not
	 * Ethernet. */
	CHECK(!event_take_mac("06-02:AB:cd:EF:00", mac));
}

/* An offer is held back until its block of lines ends, in each of the ways. */
static void
test_block(void)
{
	static struct events e;
	const char *offer = MAC " offer 192.0.2.9 a.efi\n";

	begin(&e);
	CHECK(!events_wait(&e));
	DHCP(&e, "7 DHCPOFFER(x) 192.0.2.9 " MAC " ");
	CHECK(events_wait(&e));
	DHCP(&e, "7 bootfile name: a.efi");
	events_idle(&e, EVENTS_BLOCK_MS - 1);
	CHECK(told[0] == '\0');
	events_idle(&e, EVENTS_BLOCK_MS);
	CHECK(strcmp(told, offer) == 0);
	events_idle(&e, EVENTS_FOREIGN_MS);
	CHECK(strcmp(told, offer) == 0);
	CHECK(!events_wait(&e));

	begin(&e);
	DHCP(&e, "7 DHCPOFFER(x) 192.0.2.9 " MAC " ");
	DHCP(&e, "7 sent size:  5 option: 67 bootfile-name  a.efi");
	say(&e, "dnsmasq-tftp[1]: sent /b.efi to 192.0.2.8");
	CHECK(strncmp(told, offer, strlen(offer)) == 0);

	begin(&e);
	DHCP(&e, "7 DHCPOFFER(x) 192.0.2.9 " MAC " ");
	DHCP(&e, "8 bootfile name: b.efi");
	CHECK(strcmp(told, MAC " offer 192.0.2.9\n") == 0);
	events_end(&e);
	CHECK(strcmp(told, MAC " offer 192.0.2.9\n") == 0);
}

/* Before it offers an address, dnsmasq checks for three seconds whether it is
 * in use. */
static void
test_ping(void)
{
	static struct events e;

	begin(&e);
	DHCP(&e, "7 available DHCP range: 192.0.2.1 -- 192.0.2.9");
	DHCP(&e, "7 vendor class: PXEClient:Arch:00007:UNDI:003000");
	DHCP(&e, "RTR-ADVERT(x) fd77::");
	events_idle(&e, 3500);
	DHCP(&e, "7 DHCPDISCOVER(x) " MAC " ");
	CHECK(strcmp(told, MAC " ask efi-x86_64\n") == 0);
	DHCP(&e, "7 available DHCP range: 192.0.2.1 -- 192.0.2.9");
	events_idle(&e, EVENTS_FOREIGN_MS - 1);
	CHECK(strstr(told, "foreign") == NULL);
	events_idle(&e, EVENTS_FOREIGN_MS);
	CHECK(strstr(told, MAC " foreign ") != NULL);
}

/* Firmware that was offered no file: the server has none for its kind. iPXE
 * needs no file. */
static void
test_unknown(void)
{
	static struct events e;

	begin(&e);
	DHCP(&e, "7 vendor class: HTTPClient:Arch:00019:UNDI:003000");
	DHCP(&e, "7 DHCPOFFER(x) 192.0.2.9 " MAC " ");
	DHCP(&e, "7 sent size:  1 option: 53 message-type  2");
	DHCP(&e, "8 vendor class: PXEClient:Arch:00000:UNDI:002001");
	DHCP(&e, "8 user class: iPXE");
	DHCP(&e, "8 DHCPOFFER(x) 192.0.2.9 " MAC " ");
	DHCP(&e, "8 sent size:  1 option: 53 message-type  2");
	DHCP(&e, "9 vendor class: PXEClient:Arch:00077");
	DHCP(&e, "9 DHCPDISCOVER(x) " MAC " ignored");
	CHECK(strcmp(told,
		  MAC " ignored unknown-arch 19\n" MAC " offer 192.0.2.9\n" MAC
		      " ask arch-77\n" MAC " ignored unknown-arch 77\n") == 0);
}

/* The oldest address is forgotten; a later request looks it up. */
static void
test_bounds(void)
{
	static struct events e;
	char line[128];
	unsigned i;

	begin(&e);
	for (i = 0; i <= EVENTS_ADDRESSES; i++) {
		snprintf(line, sizeof(line),
		    "dnsmasq-dhcp[1]: DHCPACK(x) 192.0.%u.%u " MAC " ", i / 256,
		    i % 256);
		say(&e, line);
	}
	told[0] = '\0';
	say(&e, "http 192.0.0.0 200 1 1 + - GET /t/a");
	say(&e, "http 192.0.0.1 200 1 1 + - GET /t/a");
	CHECK(strcmp(told, "09:09:09:09:09:09 file a 1 0.000\n" MAC
			   " file a 1 0.000\n") == 0);
	/* An encoded token is not a name, either. */
	told[0] = '\0';
	say(&e, "http 192.0.0.1 404 1 1 + - GET /t/%30%31");
	CHECK(strcmp(told, MAC " failed ? 1 0.000 404\n") == 0);
}

/* The line before dnsmasq's last one says why it gave up. */
static void
test_failed(void)
{
	static struct events e;

	begin(&e);
	say(&e, "dnsmasq[1]: there must be a domain");
	CHECK(told[0] == '\0');
	say(&e, "dnsmasq[1]: FAILED to start up");
	CHECK(strcmp(told, " error dnsmasq: there must be a domain\n") == 0);
	begin(&e);
	say(&e, "dnsmasq[1]: cannot read x");
	say(&e, "dnsmasq[1]: FAILED to start up");
	CHECK(strcmp(told, " error dnsmasq: cannot read x\n") == 0);
}

int
main(void)
{
	test_tokens();
	test_macs();
	test_block();
	test_ping();
	test_unknown();
	test_bounds();
	test_failed();
	return check_status();
}
