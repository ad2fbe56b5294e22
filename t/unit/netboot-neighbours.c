/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "netboot/neighbours.h"

#define HEAD                                                                  \
	"IP address       HW type     Flags       HW address            Mask" \
	"     Device\n"
#define ENTRY(address, type, flags, mac, adapter)                     \
	address "        0x" type "         0x" flags "         " mac \
		"     *        " adapter "\n"
#define MAC "52:54:00:12:34:8a"

static unsigned char mac[MAC_SIZE];

/* --- lines ---------------------------------------------------------------- */

static bool
takes(const char *line)
{
	const struct in_addr wanted = {inet_addr("10.0.0.5")};

	return neighbours_take(line, "tap0", wanted, mac);
}

static void
test_entry(void)
{
	CHECK(takes(ENTRY("10.0.0.5", "1", "2", MAC, "tap0")));
	CHECK(memcmp(mac, "\x52\x54\x00\x12\x34\x8a", MAC_SIZE) == 0);
	CHECK(takes(ENTRY("10.0.0.5", "1", "6", "52:54:00:AB:CD:EF", "tap0")));
	CHECK(memcmp(mac, "\x52\x54\x00\xab\xcd\xef", MAC_SIZE) == 0);
	CHECK(takes("10.0.0.5 0x1 0x2 " MAC " * tap0"));
}

static void
test_no_entry(void)
{
	CHECK(!takes(HEAD));
	CHECK(!takes("") && !takes("\n") && !takes("10.0.0.5"));
	CHECK(!takes(ENTRY("10.0.0.50", "1", "2", MAC, "tap0")));
	CHECK(!takes(ENTRY("10.0.0.5", "1", "2", MAC, "tap00")));
	CHECK(!takes(ENTRY("10.0.0.5", "1", "2", MAC, "tap")));
	/* Entries that are incomplete, published for others, or not
	 * Ethernet. */
	CHECK(!takes(ENTRY("10.0.0.5", "1", "0", MAC, "tap0")));
	CHECK(!takes(ENTRY("10.0.0.5", "1", "c", MAC, "tap0")));
	CHECK(!takes(ENTRY("10.0.0.5", "1", "e", MAC, "tap0")));
	CHECK(!takes(ENTRY("10.0.0.5", "20", "2", MAC, "tap0")));
}

static void
test_malformed(void)
{
	static const char entry[] = "10.0.0.5 0x1 0x2 " MAC " * tap0";
	static char line[2000];

	CHECK(!takes("10.0.0.5 0x1 0x2 52:54:00:12:34 * tap0"));
	CHECK(!takes("10.0.0.5 0x1 0x2 52:54:00:12:34:8a:00 * tap0"));
	CHECK(!takes("10.0.0.5 0x1 0x2 52:54:00:12:34:8g * tap0"));
	CHECK(!takes("10.0.0.5 0x1 0x2 52-54-00-12-34-8a * tap0"));
	CHECK(!takes("10.0.0.5 0x1 0x2 " MAC " tap0"));
	CHECK(!takes("10.0.0.5 0x1 0x2 " MAC " * tap0 more"));
	CHECK(!takes("10.0.0.5 1 2 " MAC " * tap0"));
	CHECK(!takes("10.0.0.5 0x1 0x " MAC " * tap0"));
	memset(line, ' ', sizeof(line) - 1);
	memcpy(line, entry, strlen(entry));
	CHECK(!takes(line));
}

static void
test_addresses(void)
{
	struct in_addr a;

	CHECK(neighbours_address("10.0.0.5", &a));
	CHECK(a.s_addr == inet_addr("10.0.0.5"));
	CHECK(neighbours_address("::ffff:10.0.0.6", &a));
	CHECK(a.s_addr == inet_addr("10.0.0.6"));
	CHECK(neighbours_address("::FFFF:0a00:0007", &a));
	CHECK(a.s_addr == inet_addr("10.0.0.7"));
	CHECK(!neighbours_address("", &a));
	CHECK(!neighbours_address("10.0.0", &a));
	CHECK(!neighbours_address("10.0.0.5 ", &a));
	CHECK(!neighbours_address("010.0.0.5", &a));
	/* Another address with the same end belongs to another machine. */
	CHECK(!neighbours_address("::10.0.0.5", &a));
	CHECK(!neighbours_address("fe80::a00:5", &a));
	CHECK(!neighbours_address("64:ff9b::10.0.0.5", &a));
}

/* --- the table -------------------------------------------------------------- */

/* Look up the address in a table with this content. */
static int
find(const char *text, const char *adapter, const char *address)
{
	FILE *file = fopen("table", "w");

	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
		return -2;
	memset(mac, 0, sizeof(mac));
	errno = 0;
	return neighbours_mac("table", adapter, address, mac);
}

static void
test_table(void)
{
	static const char two[] = HEAD ENTRY("10.0.0.5", "1", "2", MAC, "tap0")
	    ENTRY("10.0.0.6", "1", "2", "02:00:00:00:00:06", "eth1");
	static const char torn[] = HEAD ENTRY("10.0.0.5", "1", "2", MAC, "tap0")
	    ENTRY("10.0.0.5", "1", "2", "02:00:00:00:00:06", "eth1");
	static const char agreed[] = HEAD ENTRY("10.0.0.5", "1", "2", MAC,
	    "tap0") ENTRY("10.0.0.5", "1", "2", MAC, "eth1");

	CHECK(find(two, NULL, "10.0.0.6") == 0 && mac[5] == 6);
	CHECK(find(two, "eth1", "::ffff:10.0.0.6") == 0 && mac[5] == 6);
	CHECK(find(two, "tap0", "10.0.0.5") == 0 && mac[5] == 0x8a);
	CHECK(find(two, "tap0", "10.0.0.6") == -1 && errno == ENOENT);
	CHECK(find(two, NULL, "10.0.0.7") == -1 && errno == ENOENT);
	CHECK(find(two, NULL, "::1") == -1 && errno == ENOENT);
	CHECK(find(two, NULL, "") == -1 && errno == ENOENT);
	CHECK(find("", NULL, "10.0.0.5") == -1 && errno == ENOENT);
	/* Two machines have the address: which of them is it? */
	CHECK(find(torn, NULL, "10.0.0.5") == -1 && errno == ENOENT);
	CHECK(find(torn, "eth1", "10.0.0.5") == 0 && mac[5] == 6);
	CHECK(find(agreed, NULL, "10.0.0.5") == 0 && mac[5] == 0x8a);
	CHECK(neighbours_mac("none", NULL, "10.0.0.5", mac) == -1 &&
	      errno == ENOENT);
	CHECK(neighbours_mac(".", NULL, "10.0.0.5", mac) == -1 &&
	      errno == EISDIR);
}

int
main(void)
{
	test_entry();
	test_no_entry();
	test_malformed();
	test_addresses();
	test_table();
	return check_status();
}
