/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "door/guard.h"

static struct accounts accounts;

static void
make_accounts(void)
{
	struct account *alice;

	accounts_init(&accounts);
	alice = accounts_add(&accounts, "alice");
	strcpy(alice->hash, "$y$alice");
	accounts_add(&accounts, "bob");
	accounts.rules[RULE_LOCKOUT_THRESHOLD] = 5;
	accounts.rules[RULE_LOCKOUT_DURATION] = 0;
	accounts.rules[RULE_LOCKOUT_RESET] = 86400;
}

static void
fail(struct guard *g, const char *user, const char *peer, unsigned times)
{
	while (times-- > 0)
		guard_failed(g, &accounts, user, peer);
}

static void
test_delays(void)
{
	static const struct {
		unsigned failures, least, most; /* seconds */
	} rows[] = {{1, 0, 0}, {2, 0, 0}, {3, 1, 1}, {4, 1, 2}, {5, 3, 4},
	    {6, 7, 8}, {7, 15, 16}, {8, 29, 30}, {40, 29, 30}};
	unsigned delay;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guard *g = guard_new();

		fail(g, "alice", "192.0.2.1", rows[i].failures);
		delay = guard_delay(g, &accounts, "alice", "192.0.2.9");
		CHECK(delay >= rows[i].least && delay <= rows[i].most);
		delay = guard_delay(g, &accounts, "bob", "192.0.2.1");
		CHECK(delay >= rows[i].least && delay <= rows[i].most);
		CHECK(guard_delay(g, &accounts, "bob", "192.0.2.9") == 0);
		guard_succeeded(g, "alice", "192.0.2.1");
		CHECK(guard_delay(g, &accounts, "alice", "192.0.2.1") == 0);
	}
}

/* All addresses of one network count together. */
static void
test_networks(void)
{
	struct guard *g = guard_new();

	fail(g, "alice", "2001:db8::1", 3);
	CHECK(guard_delay(g, &accounts, "bob", "2001:db8::2") > 0);
	CHECK(guard_delay(g, &accounts, "bob", "2001:db8:0:1::1") == 0);
}

static void
test_lockout(void)
{
	struct guard *g = guard_new();

	fail(g, "alice", "192.0.2.1", 4);
	CHECK(!guard_is_locked(g, &accounts, "alice"));
	fail(g, "alice", "192.0.2.1", 1);
	CHECK(guard_is_locked(g, &accounts, "alice"));
	CHECK(!guard_is_locked(g, &accounts, "bob"));
	guard_unlock(g, "alice");
	CHECK(!guard_is_locked(g, &accounts, "alice"));
	/* A name without an account is locked in the same way, so a lockout
	 * tells nothing. */
	fail(g, "nobody", "192.0.2.1", 5);
	CHECK(guard_is_locked(g, &accounts, "nobody"));
	accounts.rules[RULE_LOCKOUT_THRESHOLD] = 0;
	CHECK(!guard_is_locked(g, &accounts, "nobody"));
	accounts.rules[RULE_LOCKOUT_THRESHOLD] = 5;
}

/* Failures for many names from many networks do not end a lockout. */
static void
test_flood(void)
{
	struct guard *g = guard_new();
	char name[32], peer[32];
	unsigned i;

	fail(g, "alice", "192.0.2.1", 5);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "x%u", i);
		snprintf(peer, sizeof(peer), "2001:db8:0:%x::1", i);
		fail(g, name, peer, 1);
	}
	CHECK(guard_is_locked(g, &accounts, "alice"));
	/* Failures of the newest names count, too. */
	fail(g, "x1999", "192.0.2.7", 4);
	CHECK(guard_is_locked(g, &accounts, "x1999"));
}

static void
test_known(void)
{
	struct guard *g = guard_new();
	struct account *alice = accounts_find(&accounts, "alice");
	struct account changed = *alice, other = *alice;

	CHECK(!guard_knows(g, alice, "secret77"));
	CHECK(!guard_knows(g, NULL, "secret77"));
	guard_remember(g, alice, "secret77");
	CHECK(guard_knows(g, alice, "secret77"));
	CHECK(!guard_knows(g, alice, "secret7"));
	CHECK(!guard_knows(g, alice, ""));
	strcpy(changed.hash, "$y$other");
	CHECK(!guard_knows(g, &changed, "secret77"));
	strcpy(other.name, "bob");
	CHECK(!guard_knows(g, &other, "secret77"));
}

int
main(void)
{
	make_accounts();
	test_delays();
	test_networks();
	test_lockout();
	test_flood();
	test_known();
	return check_status();
}
