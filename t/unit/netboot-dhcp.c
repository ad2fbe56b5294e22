/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <arpa/inet.h>

#include <string.h>

#include "check.h"
#include "netboot/datagram.h"
#include "netboot/dhcp.h"

#define OPTIONS 240
#define SIZE	600

static const struct dhcp_client client = {
    .transaction = 0x01020304, .mac = {2, 1, 2, 3, 4, 5}, .architecture = -1};
static const struct in_addr from = {0x0100000a};

/* Make the message of a server, with these options. */
static void
make(unsigned char *message, const void *options, size_t len)
{
	memset(message, 0, SIZE);
	memcpy(message, "\x02\x01\x06", 3);
	memcpy(message + 4, &client.transaction, 4);
	memcpy(message + 16, "\x0a\x00\x00\x09", 4); /* yiaddr */
	memcpy(message + 20, "\x0a\x00\x00\x02", 4); /* siaddr */
	memcpy(message + 28, client.mac, 6);
	memcpy(message + 236, "\x63\x82\x53\x63", 4);
	memcpy(message + OPTIONS, options, len);
}

static bool
takes(const unsigned char *message, size_t len, struct dhcp_offer *offer)
{
	/* A copy of the exact size: the sanitizer finds a read behind it. */
	unsigned char copy[SIZE];

	memcpy(copy + SIZE - len, message, len);
	return dhcp_take_offer(copy + SIZE - len, len, &client, from, offer);
}

#define MAKE(message, options) make(message, options, sizeof(options) - 1)
#define OFFER		       "\x35\x01\x02"

static void
test_offer(void)
{
	unsigned char m[SIZE];
	struct dhcp_offer o;

	MAKE(m, OFFER "\x36\x04\x0a\x00\x00\x01\xff");
	strcpy((char *)m + 108, "undionly.kpxe");
	CHECK(takes(m, SIZE, &o));
	CHECK(o.server.s_addr == inet_addr("10.0.0.1"));
	CHECK(o.address.s_addr == inet_addr("10.0.0.9"));
	CHECK(o.next.s_addr == inet_addr("10.0.0.2"));
	CHECK(strcmp(o.file, "undionly.kpxe") == 0);
	/* Option 67 has precedence over the field; without option 54, the
	 * server is the sender. */
	MAKE(m, OFFER "\x43\x03"
		      "a.b\x00\xff");
	strcpy((char *)m + 108, "other");
	CHECK(takes(m, SIZE, &o));
	CHECK(o.server.s_addr == from.s_addr);
	CHECK(strcmp(o.file, "a.b") == 0);
	/* Without a file; and a name with characters that a terminal might
	 * obey. */
	MAKE(m, OFFER "\xff");
	CHECK(takes(m, SIZE, &o) && o.file[0] == '\0');
	strcpy((char *)m + 108, "a\x1b[2J \xc3\xa4\t");
	CHECK(takes(m, SIZE, &o) && strcmp(o.file, "a?[2J????") == 0);
	/* The field may have no NUL at its end. */
	memset(m + 108, 'x', 128);
	CHECK(takes(m, SIZE, &o) && strlen(o.file) == 128);
}

static void
test_overload(void)
{
	unsigned char m[SIZE];
	struct dhcp_offer o;

	MAKE(m, OFFER "\x34\x01\x03\xff");
	memcpy(m + 108, "\x43\x04long\xff", 7);
	memcpy(m + 44, "\x36\x04\x0a\x00\x00\x07\xff", 7);
	CHECK(takes(m, SIZE, &o));
	CHECK(o.server.s_addr == inet_addr("10.0.0.7"));
	CHECK(strcmp(o.file, "long") == 0);
	/* An option that goes beyond the field. */
	m[108 + 1] = 200;
	CHECK(!takes(m, SIZE, &o));
	/* A field that holds options is not a name. */
	MAKE(m, OFFER "\x34\x01\x01\xff");
	CHECK(takes(m, SIZE, &o) && o.file[0] == '\0');
}

static void
test_others(void)
{
	unsigned char m[SIZE];
	struct dhcp_offer o;
	size_t i;

	/* Messages of another kind, for another client, or not DHCP. */
	MAKE(m, "\x35\x01\x05\xff");
	CHECK(!takes(m, SIZE, &o));
	MAKE(m, "\xff");
	CHECK(!takes(m, SIZE, &o));
	for (i = 0; i < 34; i++) {
		if (i == 3 || (i > 7 && i < 28))
			continue;
		MAKE(m, OFFER "\xff");
		m[i] ^= 1;
		CHECK(!takes(m, SIZE, &o));
	}
	MAKE(m, OFFER "\xff");
	m[236] ^= 1;
	CHECK(!takes(m, SIZE, &o));
	/* Cut at every length: nothing is read behind the end. */
	MAKE(m, OFFER "\x36\x04\x0a\x00\x00\x01\x43\x02xy\xff");
	for (i = 0; i < OPTIONS + 14; i++)
		takes(m, i, &o);
	CHECK(!takes(m, OPTIONS - 1, &o));
	CHECK(!takes(m, OPTIONS + 4, &o));
	CHECK(takes(m, OPTIONS + 3, &o));
}

static void
test_request(void)
{
	unsigned char m[SIZE];
	struct dhcp_request r;
	size_t i;

	MAKE(m, "\x35\x01\x03\xff");
	m[0] = 1;
	CHECK(dhcp_take_request(m, SIZE, &r));
	CHECK(r.type == 3 && strcmp(dhcp_type_name(r.type), "request") == 0);
	CHECK(memcmp(r.mac, client.mac, 6) == 0);
	CHECK(!r.is_firmware && !r.is_ipxe && r.architecture == -1);
	MAKE(m, "\x35\x01\x01\x3c\x09PXEClient\x5d\x02\x00\x07\xff");
	m[0] = 1;
	CHECK(dhcp_take_request(m, SIZE, &r));
	CHECK(r.is_firmware && !r.is_ipxe && r.architecture == 7);
	MAKE(m, "\x35\x01\x01\x4d\x04iPXE\xff");
	m[0] = 1;
	CHECK(dhcp_take_request(m, SIZE, &r));
	CHECK(r.is_firmware && r.is_ipxe);
	MAKE(m, "\x35\x01\x01\x4d\x05\x04iPXE\x3c\x08PXEClien\xff");
	m[0] = 1;
	CHECK(dhcp_take_request(m, SIZE, &r) && r.is_ipxe);
	/* A server's message, by its field or its type; and not of Ethernet. */
	for (i = 0; i < 3; i++) {
		m[i] ^= 3;
		CHECK(!dhcp_take_request(m, SIZE, &r));
		m[i] ^= 3;
	}
	for (i = 0; i < 256; i++) {
		m[OPTIONS + 2] = (unsigned char)i;
		CHECK(dhcp_take_request(m, SIZE, &r) ==
		      (i == 1 || i == 3 || i == 4 || i == 7 || i == 8));
	}
	m[OPTIONS + 2] = 1;
	for (i = 0; i < OPTIONS + 20; i++)
		CHECK(i >= OPTIONS + 3 || !dhcp_take_request(m, i, &r));
}

/* Find an option in a DHCPDISCOVER; returns its length, or -1. */
static int
option(const unsigned char *m, unsigned code, const unsigned char **value)
{
	const unsigned char *at = m + OPTIONS;

	while (at < m + DHCP_DISCOVER_SIZE && *at != 255) {
		if (*at == code) {
			*value = at + 2;
			return at[1];
		}
		at += 2 + at[1];
	}
	return -1;
}

static void
test_discover(void)
{
	unsigned char m[DHCP_DISCOVER_SIZE + 1];
	struct dhcp_client c = client;
	const unsigned char *value = NULL;

	m[DHCP_DISCOVER_SIZE] = 77;
	dhcp_write_discover(&c, m);
	CHECK(m[0] == 1 && m[1] == 1 && m[2] == 6 && m[10] == 0x80);
	CHECK(memcmp(m + 28, c.mac, 6) == 0);
	CHECK(option(m, 53, &value) == 1 && value[0] == 1);
	CHECK(option(m, 60, &value) == -1 && option(m, 50, &value) == -1);
	c.architecture = 65535;
	dhcp_write_discover(&c, m);
	CHECK(m[DHCP_DISCOVER_SIZE] == 77);
	CHECK(option(m, 60, &value) == 32);
	CHECK(memcmp(value, "PXEClient:Arch:65535:UNDI:003016", 32) == 0);
	CHECK(option(m, 93, &value) == 2 && memcmp(value, "\xff\xff", 2) == 0);
	CHECK(option(m, 97, &value) == 17 && value[0] == 0);
}

/* Over bytes and their checksum, the sum is all ones (RFC 1071). */
static unsigned
sum(const unsigned char *bytes, size_t len, unsigned n)
{
	size_t i;

	for (i = 0; i < len; i++)
		n += i % 2 == 0 ? (unsigned)bytes[i] << 8 : bytes[i];
	while (n > 0xffff)
		n = (n & 0xffff) + (n >> 16);
	return n;
}

static void
test_datagram(void)
{
	unsigned char p[DATAGRAM_HEADERS + 5];
	struct in_addr sender;
	size_t len, i;

	memcpy(p + DATAGRAM_HEADERS, "hello", 5);
	datagram_write(p, 5);
	CHECK(datagram_take(p, sizeof(p), 67, &len, &sender) ==
	      p + DATAGRAM_HEADERS);
	/* To the port of servers: the packet is not for us. */
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) == NULL);
	CHECK(sum(p, 20, 0) == 0xffff);
	CHECK(sum(p + 20, 13, 17 + 13 + 2 * 0xffff) == 0xffff);
	memcpy(p + 22, "\x00\x44", 2);
	memcpy(p + 12, "\x0a\x00\x00\x01", 4);
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) ==
	      p + DATAGRAM_HEADERS);
	CHECK(len == 5 && sender.s_addr == inet_addr("10.0.0.1"));
	for (i = 0; i < sizeof(p); i++)
		CHECK(datagram_take(p, i, 68, &len, &sender) == NULL);
	p[6] = 0x20; /* more fragments */
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) == NULL);
	p[6] = 0x40; /* "don't fragment" */
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) != NULL);
	p[25] = 14; /* longer than the packet */
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) == NULL);
	p[25] = 7;
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) == NULL);
	p[25] = 13;
	p[0] = 0x44;
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) == NULL);
	p[0] = 0x65;
	CHECK(datagram_take(p, sizeof(p), 68, &len, &sender) == NULL);
}

int
main(void)
{
	test_offer();
	test_overload();
	test_others();
	test_request();
	test_discover();
	test_datagram();
	return check_status();
}
