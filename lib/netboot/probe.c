/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "netboot/datagram.h"
#include "netboot/probe.h"

#define PACKET_SIZE 2048

/* A packet may be lost, so it is sent at these times, in milliseconds. */
static const int64_t again[] = {0, 1000, 3000};

/* Pass UDP to one port, except fragments after the first (socket(7),
 * SO_ATTACH_FILTER). */
static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9), /* the protocol */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* the fragment's offset */
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* the length of the header */
    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),  /* the port after it */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, PACKET_SIZE),
    BPF_STMT(BPF_RET | BPF_K, 0),
};
#define FILTER_PORT 6 /* the index of the instruction with the port */

/* --- the adapter ---------------------------------------------------------- */

/* Find the index of the adapter, which must be Ethernet and up. */
static int
take_adapter(struct probe *p, const char *name, struct failure *why)
{
	struct ifreq request = {0};

	if (strlen(name) >= sizeof(request.ifr_name))
		return fail(why, EX_NOINPUT, "there is no adapter %s", name);
	strcpy(request.ifr_name, name);
	if (ioctl(p->fd, SIOCGIFINDEX, &request) == -1)
		return fail(why, EX_NOINPUT, "there is no adapter %s", name);
	p->adapter = request.ifr_ifindex;
	if (ioctl(p->fd, SIOCGIFHWADDR, &request) == -1 ||
	    request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return fail(why, EX_UNAVAILABLE,
		    "unable to ask on %s: it is not an Ethernet adapter", name);
	if (ioctl(p->fd, SIOCGIFFLAGS, &request) == -1 ||
	    (request.ifr_flags & IFF_UP) == 0)
		return fail(why, EX_UNAVAILABLE,
		    "unable to ask on %s: it is down, type: ip link set %s up",
		    name, name);
	return 0;
}

/* Make up a MAC address that no server knows and no machine has. */
static int
make_client(struct dhcp_client *client, int architecture)
{
	client->architecture = architecture;
	if (getrandom(&client->transaction, sizeof(client->transaction), 0) ==
		-1 ||
	    getrandom(client->mac, DHCP_MAC_SIZE, 0) == -1)
		return -1;
	/* Unicast, and locally administered (IEEE 802). */
	client->mac[0] = (unsigned char)((client->mac[0] & 0xfc) | 2);
	return 0;
}

static int
listen_on(const struct probe *p, unsigned port)
{
	const struct sock_fprog program = {
	    sizeof(filter) / sizeof(filter[0]), filter};
	const struct sockaddr_ll address = {.sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_IP),
	    .sll_ifindex = p->adapter};

	filter[FILTER_PORT].k = port;
	if (setsockopt(p->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof(program)) == -1)
		return -1;
	return bind(p->fd, (const struct sockaddr *)&address, sizeof(address));
}

static int
open_port(struct probe *p, const char *adapter, unsigned port, int architecture,
    struct failure *why)
{
	memset(p, 0, sizeof(*p));
	/* Protocol 0 receives nothing until the filter and adapter are set. */
	p->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd == -1)
		return fail_errno(why, errno == EPERM ? EX_NOPERM : EX_OSERR,
		    "unable to open a packet socket%s",
		    errno == EPERM ? ", be root" : "");
	if (take_adapter(p, adapter, why) == -1) {
		close(p->fd);
		return -1;
	}
	if (make_client(&p->client, architecture) == -1 ||
	    listen_on(p, port) == -1) {
		fail_errno(why, EX_OSERR, "unable to listen on %s", adapter);
		close(p->fd);
		return -1;
	}
	return 0;
}

int
probe_open(
    struct probe *p, const char *adapter, int architecture, struct failure *why)
{
	return open_port(p, adapter, DHCP_CLIENT_PORT, architecture, why);
}

int
probe_open_watch(struct probe *p, const char *adapter, struct failure *why)
{
	return open_port(p, adapter, DHCP_SERVER_PORT, -1, why);
}

void
probe_close(struct probe *p)
{
	close(p->fd);
}

/* --- questions and answers ------------------------------------------------ */

static int
send_discover(struct probe *p, struct failure *why)
{
	unsigned char packet[DATAGRAM_HEADERS + DHCP_DISCOVER_SIZE];
	const struct sockaddr_ll everybody = {.sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_IP),
	    .sll_ifindex = p->adapter,
	    .sll_halen = ETH_ALEN,
	    .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

	dhcp_write_discover(&p->client, packet + DATAGRAM_HEADERS);
	datagram_write(packet, DHCP_DISCOVER_SIZE);
	if (p->sent++ == 0)
		p->begin = clock_ms();
	if (sendto(p->fd, packet, sizeof(packet), 0,
		(const struct sockaddr *)&everybody, sizeof(everybody)) != -1)
		return 0;
	return fail_errno(why,
	    errno == ENETDOWN || errno == ENXIO ? EX_UNAVAILABLE : EX_IOERR,
	    "unable to send a DHCPDISCOVER");
}

/* Returns a packet's length, 0 if there is none, or -1 with *why. */
static ssize_t
receive_packet(
    struct probe *p, unsigned char packet[PACKET_SIZE], struct failure *why)
{
	ssize_t n = recv(p->fd, packet, PACKET_SIZE, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == -1)
		return fail_errno(why,
		    errno == ENETDOWN ? EX_UNAVAILABLE : EX_IOERR,
		    "unable to receive");
	return n;
}

/* Returns 1 with an offer, 0 without, or -1 with *why. */
static int
receive(struct probe *p, struct dhcp_offer *offer, struct failure *why)
{
	unsigned char packet[PACKET_SIZE];
	ssize_t n = receive_packet(p, packet, why);
	const unsigned char *message;
	struct in_addr from;
	size_t len;

	if (n <= 0)
		return (int)n;
	message =
	    datagram_take(packet, (size_t)n, DHCP_CLIENT_PORT, &len, &from);
	return message != NULL &&
	       dhcp_take_offer(message, len, &p->client, from, offer);
}

/* The time of the next packet to send or of the end, if nothing is received. */
static int64_t
next_time(const struct probe *p, int64_t ms)
{
	int64_t next = ms;

	if (p->sent < sizeof(again) / sizeof(again[0]) && again[p->sent] < next)
		next = again[p->sent];
	return next;
}

int
probe_next(struct probe *p, int64_t ms, struct dhcp_offer *offer,
    int64_t *after, struct failure *why)
{
	struct pollfd ready = {.fd = p->fd, .events = POLLIN};
	int64_t now, next;
	int result;

	for (;;) {
		now = p->sent > 0 ? clock_ms() - p->begin : 0;
		if (now >= ms)
			return 0;
		next = next_time(p, ms);
		if (next <= now) {
			if (send_discover(p, why) == -1)
				return -1;
			continue;
		}
		if (poll(&ready, 1, (int)(next - now)) <= 0)
			continue;
		result = receive(p, offer, why);
		*after = clock_ms() - p->begin;
		if (result != 0)
			return result;
	}
}

int
probe_watch(struct probe *p, struct dhcp_request *request, struct failure *why)
{
	struct pollfd ready = {.fd = p->fd, .events = POLLIN};
	unsigned char packet[PACKET_SIZE];
	const unsigned char *message;
	struct in_addr from;
	ssize_t n;
	size_t len;

	for (;;) {
		poll(&ready, 1, -1);
		n = receive_packet(p, packet, why);
		if (n == -1)
			return -1;
		message = datagram_take(
		    packet, (size_t)n, DHCP_SERVER_PORT, &len, &from);
		if (message != NULL && dhcp_take_request(message, len, request))
			return 0;
	}
}
