/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Which clients vm-ws-proxy admits, and which it drops to make room.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "ws-monitor/admission.h"

static const char *why;
static struct ws_place *leaver;
static pid_t next_pid;

static struct ws_place *
enter(const char *peer)
{
	struct ws_place *place = admission_enter(peer, &leaver, &why);

	if (place != NULL)
		place->monitor = ++next_pid;
	if (leaver != NULL)
		leaver->is_sent_away = true;
	return place;
}

static void
start(unsigned all, unsigned peer)
{
	const struct ws_limits limits = {all, peer};

	CHECK(admission_start(&limits) == 0);
}

static void
test_networks(void)
{
	char network[INET_PEER_SIZE];

	inet_peer_network("2001:db8:1:2:3:4:5:6", network);
	CHECK(strcmp(network, "2001:db8:1:2::") == 0);
	inet_peer_network("fe80::1%eth0", network);
	CHECK(strcmp(network, "fe80::") == 0);
	inet_peer_network("192.0.2.7", network);
	CHECK(strcmp(network, "192.0.2.7") == 0);
	inet_peer_network("::ffff:192.0.2.7", network);
	CHECK(strcmp(network, "192.0.2.7") == 0);
	inet_peer_network("::1", network);
	CHECK(strcmp(network, "::1") == 0);
	inet_peer_network("local", network);
	CHECK(strcmp(network, "local") == 0);
}

/* All addresses of a /64 count as one host: a new client replaces its
 * oldest. */
static void
test_one_network(void)
{
	struct ws_place *first;

	start(8, 0);
	first = enter("2001:db8::1");
	enter("2001:db8::2");
	CHECK(leaver == NULL);
	CHECK(enter("2001:db8::3") != NULL && leaver == first);
	CHECK(enter("2001:db8:0:1::1") != NULL && leaver == NULL);
}

/* Silent clients from four addresses keep nobody out. */
static void
test_full_door(void)
{
	struct ws_place *honest, *p;
	char peer[32];
	unsigned i;

	start(8, 0);
	honest = enter("198.51.100.9");
	for (i = 0; i < 40; i++) {
		snprintf(peer, sizeof(peer), "192.0.2.%u", i % 4);
		CHECK(enter(peer) != NULL);
		CHECK(leaver != honest);
	}
	p = enter("203.0.113.1");
	CHECK(p != NULL && leaver != NULL && leaver != honest && leaver != p);
}

/* A client that resumes a session gets a place; others are told to try
 * again. */
static void
test_inside(void)
{
	struct ws_place *p;

	start(2, 0);
	p = enter("192.0.2.1");
	CHECK(admission_may_open("192.0.2.1", false, &why));
	p->stage = WS_OPEN;
	p = enter("192.0.2.1");
	p->stage = WS_OPEN;
	CHECK(!admission_may_open("192.0.2.2", false, &why));
	CHECK(strcmp(why, "busy, try again") == 0);
	CHECK(admission_may_open("192.0.2.2", true, &why));
	p->monitor = 0;
	CHECK(admission_may_open("192.0.2.2", false, &why));
}

static void
fail(const char *peer, const char *client, unsigned times)
{
	struct ws_place *p;

	while (times-- > 0) {
		p = enter(peer);
		if (p == NULL)
			return;
		if (client != NULL)
			inet_peer_network(client, p->client);
		admission_note_failure(p);
		p->monitor = 0;
	}
}

static void
test_failures(void)
{
	start(8, 0);
	fail("192.0.2.1", NULL, 4);
	CHECK(enter("192.0.2.1") != NULL);
	fail("192.0.2.1", NULL, 1);
	CHECK(enter("192.0.2.1") == NULL && strstr(why, "failures") != NULL);
	/* Behind a web server, failures bar the client, not the server's
	 * address. */
	fail("local", "2001:db8::7", 5);
	CHECK(enter("local") != NULL);
	CHECK(!admission_may_open("2001:db8::8", false, &why));
	CHECK(admission_may_open("2001:db8::8", true, &why));
	CHECK(admission_may_open("192.0.2.3", false, &why));
	/* A web server's own address stands for all of its clients: do not bar
	 * it. */
	fail("127.0.0.1", NULL, 9);
	CHECK(enter("127.0.0.1") != NULL);
}

static void
test_log(void)
{
	start(8, 0);
	CHECK(admission_may_log("2001:db8::1"));
	CHECK(!admission_may_log("2001:db8::2"));
	CHECK(admission_may_log("2001:db8:1::1"));
	CHECK(admission_may_log("local") && admission_may_log("local"));
}

int
main(void)
{
	test_networks();
	test_one_network();
	test_full_door();
	test_inside();
	test_failures();
	test_log();
	return check_status();
}
