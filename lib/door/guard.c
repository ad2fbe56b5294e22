/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>
#include <sys/random.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bearssl.h>

#include "base/clock.h"
#include "door/guard.h"
#include "unix/inet.h"

#define KNOWN	    16 /* passwords that are remembered */
#define KNOWN_MS    60000
#define COUNTERS    (ACCOUNTS_MAX + 128)
#define FREE_TRIES  3 /* failures that cost no time */
#define DELAY_MAX_S 30
#define KEY_SIZE    (INET_PEER_SIZE + 2)

struct known {
	unsigned char mac[br_sha256_SIZE];
	int64_t until; /* of clock_ms(); 0: unused */
};

/* Failures of an account ("u alice") or a network ("n 192.0.2.1"). */
struct counter {
	char key[KEY_SIZE];
	unsigned failures;
	int64_t last;	/* of clock_ms() */
	uint64_t order; /* the number of its last failure */
};

struct guard {
	unsigned char secret[32];
	struct known known[KNOWN];
	struct counter counters[COUNTERS];
	uint64_t failures; /* all that were counted */
};

struct guard *
guard_new(void)
{
	struct guard *g = mmap(NULL, sizeof(*g), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (g == MAP_FAILED)
		return NULL;
	if (getrandom(g->secret, sizeof(g->secret), 0) != sizeof(g->secret))
		return NULL;
	return g;
}

/* --- passwords that were right -------------------------------------------- */

/* The MAC also covers the hash of the account: after a change of the password,
 * the old one is unknown. */
static void
authenticate(const struct guard *g, const struct account *account,
    const char *password, unsigned char mac[br_sha256_SIZE])
{
	br_hmac_key_context key;
	br_hmac_context hmac;

	br_hmac_key_init(&key, &br_sha256_vtable, g->secret, sizeof(g->secret));
	br_hmac_init(&hmac, &key, 0);
	br_hmac_update(&hmac, account->name, strlen(account->name) + 1);
	br_hmac_update(&hmac, account->hash, strlen(account->hash) + 1);
	br_hmac_update(&hmac, password, strlen(password));
	br_hmac_out(&hmac, mac);
}

bool
guard_knows(
    const struct guard *g, const struct account *account, const char *password)
{
	unsigned char mac[br_sha256_SIZE], differ;
	bool is_known = false;
	unsigned i, k;

	if (account == NULL)
		return false;
	authenticate(g, account, password, mac);
	for (i = 0; i < KNOWN; i++) {
		for (differ = 0, k = 0; k < sizeof(mac); k++)
			differ |= mac[k] ^ g->known[i].mac[k];
		if (differ == 0 && g->known[i].until > clock_ms())
			is_known = true;
	}
	return is_known;
}

void
guard_remember(
    struct guard *g, const struct account *account, const char *password)
{
	struct known *oldest = &g->known[0];
	unsigned i;

	for (i = 1; i < KNOWN; i++)
		if (g->known[i].until < oldest->until)
			oldest = &g->known[i];
	oldest->until = 0;
	authenticate(g, account, password, oldest->mac);
	oldest->until = clock_ms() + KNOWN_MS;
}

/* --- failures ------------------------------------------------------------- */

static void
key_of_user(char key[KEY_SIZE], const char *user)
{
	snprintf(key, KEY_SIZE, "u %s", user);
}

static void
key_of_network(char key[KEY_SIZE], const char *peer)
{
	char network[INET_PEER_SIZE];

	inet_peer_network(peer, network);
	snprintf(key, KEY_SIZE, "n %s", network);
}

static struct counter *
find(const struct guard *g, const char *key)
{
	unsigned i;

	for (i = 0; i < COUNTERS; i++)
		if (strcmp(g->counters[i].key, key) == 0)
			return (struct counter *)&g->counters[i];
	return NULL;
}

static unsigned
failures_of(
    const struct counter *c, const struct accounts *a, enum account_rule rule)
{
	int64_t age = c != NULL ? clock_ms() - c->last : 0;

	if (c == NULL ||
	    (a->rules[rule] > 0 && age > 1000 * (int64_t)a->rules[rule]))
		return 0;
	return c->failures;
}

static unsigned
delay_of(const struct guard *g, const struct accounts *a, const char *key)
{
	const struct counter *c = find(g, key);
	unsigned failures = failures_of(c, a, RULE_LOCKOUT_RESET);
	int64_t delay, left;

	if (failures < FREE_TRIES)
		return 0;
	failures -= FREE_TRIES;
	delay = failures < 5 ? 1 << failures : DELAY_MAX_S;
	left = c->last + 1000 * delay - clock_ms();
	return left > 0 ? (unsigned)((left + 999) / 1000) : 0;
}

unsigned
guard_delay(const struct guard *g, const struct accounts *a, const char *user,
    const char *peer)
{
	char key[KEY_SIZE];
	unsigned by_user, by_network;

	key_of_user(key, user);
	by_user = delay_of(g, a, key);
	key_of_network(key, peer);
	by_network = delay_of(g, a, key);
	return by_user > by_network ? by_user : by_network;
}

bool
guard_is_locked(
    const struct guard *g, const struct accounts *a, const char *user)
{
	unsigned most = a->rules[RULE_LOCKOUT_THRESHOLD];
	char key[KEY_SIZE];

	key_of_user(key, user);
	return most > 0 &&
	       failures_of(find(g, key), a, RULE_LOCKOUT_DURATION) >= most;
}

static void
forget(struct guard *g, const char *key)
{
	struct counter *c = find(g, key);

	if (c != NULL)
		*c = (struct counter){.last = 0};
}

void
guard_unlock(struct guard *g, const char *user)
{
	char key[KEY_SIZE];

	key_of_user(key, user);
	forget(g, key);
}

void
guard_take_unlocks(struct guard *g, const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (!account_name_is_valid(entry->d_name))
			continue;
		/* Remove the file first: another request that comes meanwhile
		 * must not be lost. */
		unlinkat(dirfd(d), entry->d_name, 0);
		guard_unlock(g, entry->d_name);
	}
	if (d != NULL)
		closedir(d);
}

/* Is this the counter of an account? Such counters keep their places:
 * otherwise a client that tries many names from many addresses would
 * unlock an account. */
static bool
is_of_account(const struct counter *c, const struct accounts *a)
{
	unsigned i;

	for (i = 0; c->key[0] == 'u' && i < a->count; i++)
		if (strcmp(c->key + 2, a->all[i].name) == 0)
			return true;
	return false;
}

/* Use a free place, or that of the oldest failure. */
static struct counter *
replace_oldest(struct guard *g, const struct accounts *a, const char *key)
{
	struct counter *c, *oldest = NULL;

	for (c = g->counters; c < g->counters + COUNTERS; c++)
		if ((oldest == NULL || c->order < oldest->order) &&
		    !is_of_account(c, a))
			oldest = c;
	*oldest = (struct counter){.last = 0};
	memcpy(oldest->key, key, strlen(key) + 1);
	return oldest;
}

static void
count(struct guard *g, const struct accounts *a, const char *key)
{
	struct counter *c = find(g, key);

	if (c == NULL)
		c = replace_oldest(g, a, key);
	if (failures_of(c, a, RULE_LOCKOUT_RESET) == 0)
		c->failures = 0;
	c->failures++;
	c->last = clock_ms();
	c->order = ++g->failures;
}

void
guard_failed(struct guard *g, const struct accounts *a, const char *user,
    const char *peer)
{
	char key[KEY_SIZE];

	key_of_user(key, user);
	count(g, a, key);
	key_of_network(key, peer);
	count(g, a, key);
}

void
guard_succeeded(struct guard *g, const char *user, const char *peer)
{
	char key[KEY_SIZE];

	guard_unlock(g, user);
	key_of_network(key, peer);
	forget(g, key);
}
