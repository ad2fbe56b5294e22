/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws-monitor/admission.h"

#define ALL_MAX	     64		/* default limit of clients inside, ... */
#define CLIENT_BYTES (16 << 20) /* ... but each needs this much memory, ... */
#define ALL_MIN	     8		/* ... and it is at least this */
#define PEER_DEFAULT 2
#define LEAVING	     2	   /* leaving clients, in multiples of the limit */
#define FAILURES_MAX 5	   /* of one network, each within ... */
#define FAILURES_MS  30000 /* ... of the one before; then bar it this long */
#define LOG_MS	     60000 /* between two lines about one network */
#define OFFENDERS    256   /* networks whose failures are remembered */

struct offender {
	char network[INET_PEER_SIZE];
	unsigned count; /* of failures in a row */
	int64_t at;	/* ms: the last one */
	int64_t logged; /* ms: the last line about it; 0: none */
};

static struct table {
	struct ws_limits limits;
	struct ws_place places[WS_CONNECTIONS_MAX];
	struct offender offenders[OFFENDERS];
} * table;

/* --- the table ------------------------------------------------------------ */

static unsigned
default_all(void)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	int64_t all = pages > 0 ? pages * size / CLIENT_BYTES : ALL_MIN;

	return all > ALL_MAX   ? ALL_MAX
	       : all < ALL_MIN ? ALL_MIN
			       : (unsigned)all;
}

int
admission_start(const struct ws_limits *limits)
{
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if ((void *)table == MAP_FAILED) {
		table = NULL;
		return -1;
	}
	table->limits = *limits;
	if (limits->all == 0)
		table->limits.all = default_all();
	return 0;
}

void
admission_hide(void)
{
	if (table != NULL)
		madvise(table, sizeof(*table), MADV_DONTFORK);
}

struct ws_place *
admission_find(pid_t monitor)
{
	struct ws_place *p;

	for (p = table->places; p < table->places + WS_CONNECTIONS_MAX; p++)
		if (p->monitor == monitor)
			return p;
	return NULL;
}

unsigned
admission_each(void (*f)(pid_t, int), int argument)
{
	struct ws_place *p;
	unsigned count = 0;

	for (p = table->places; p < table->places + WS_CONNECTIONS_MAX; p++) {
		if (p->monitor <= 0)
			continue;
		count++;
		if (f != NULL)
			f(p->monitor, argument);
	}
	return count;
}

/* Clients that were sent away do not count. */
static unsigned
count_in(enum ws_stage stage)
{
	struct ws_place *p;
	unsigned count = 0;

	for (p = table->places; p < table->places + WS_CONNECTIONS_MAX; p++)
		count +=
		    p->monitor != 0 && p->stage == stage && !p->is_sent_away;
	return count;
}

/* --- failures ------------------------------------------------------------- */

/* The record of a network. A new record replaces that of the oldest failure. */
static struct offender *
record_of(const char *network)
{
	struct offender *oldest = table->offenders, *f;

	for (f = table->offenders; f < table->offenders + OFFENDERS; f++) {
		if (strcmp(f->network, network) == 0)
			return f;
		if (f->at < oldest->at)
			oldest = f;
	}
	memset(oldest, 0, sizeof(*oldest));
	strcpy(oldest->network, network);
	oldest->at = clock_ms();
	return oldest;
}

static bool
is_barred(const char *network)
{
	struct offender *f;

	for (f = table->offenders; f < table->offenders + OFFENDERS; f++)
		if (strcmp(f->network, network) == 0)
			return f->count >= FAILURES_MAX &&
			       clock_ms() - f->at < FAILURES_MS;
	return false;
}

void
admission_note_failure(const struct ws_place *place)
{
	const char *network =
	    place->client[0] != '\0' ? place->client : place->network;
	struct offender *f;
	int64_t now = clock_ms();

	/* A web server on this machine connects for all of its clients. */
	if (inet_is_this_machine(network))
		return;
	f = record_of(network);
	if (now - f->at > FAILURES_MS)
		f->count = 0;
	f->at = now;
	f->count++;
}

bool
admission_may_log(const char *peer)
{
	char network[INET_PEER_SIZE];
	struct offender *f;
	int64_t now = clock_ms();

	inet_peer_network(peer, network);
	if (table == NULL || inet_is_this_machine(network))
		return true;
	f = record_of(network);
	if (f->logged != 0 && now - f->logged < LOG_MS)
		return false;
	f->logged = now;
	return true;
}

/* --- the door ------------------------------------------------------------- */

/* Count the waiting clients of that network. *oldest is the one that came
 * first. */
static unsigned
count_arriving(const char *network, struct ws_place **oldest)
{
	struct ws_place *p;
	unsigned count = 0;

	*oldest = NULL;
	for (p = table->places; p < table->places + WS_CONNECTIONS_MAX; p++) {
		if (p->monitor == 0 || p->stage != WS_ARRIVING ||
		    p->is_sent_away || strcmp(p->network, network) != 0)
			continue;
		count++;
		if (*oldest == NULL || p->since < (*oldest)->since)
			*oldest = p;
	}
	return count;
}

/* If too many clients wait, the oldest client of the network with the most
 * waiting clients is sent away. */
static struct ws_place *
choose_leaver(void)
{
	struct ws_place *p, *leaver = NULL, *oldest;
	unsigned most = 0, count;

	for (p = table->places; p < table->places + WS_CONNECTIONS_MAX; p++) {
		if (p->monitor == 0 || p->stage != WS_ARRIVING ||
		    p->is_sent_away)
			continue;
		count = count_arriving(p->network, &oldest);
		if (count < most ||
		    (count == most && leaver->since <= oldest->since))
			continue;
		most = count;
		leaver = oldest;
	}
	return leaver;
}

static unsigned
peer_limit(const char *network)
{
	if (table->limits.peer != 0)
		return table->limits.peer;
	return inet_is_this_machine(network) ? WS_CONNECTIONS_MAX
					     : PEER_DEFAULT;
}

struct ws_place *
admission_enter(const char *peer, struct ws_place **leaver, const char **why)
{
	struct ws_place *place = admission_find(0), *oldest;
	char network[INET_PEER_SIZE];

	inet_peer_network(peer, network);
	*leaver = NULL;
	*why = "busy, try again";
	if (place == NULL ||
	    count_in(WS_LEAVING) >= LEAVING * table->limits.all)
		return NULL;
	*why =
	    "too many failures from this address: try again in half a minute";
	if (is_barred(network))
		return NULL;
	if (count_arriving(network, &oldest) >= peer_limit(network))
		*leaver = oldest;
	else if (count_in(WS_ARRIVING) >= table->limits.all)
		*leaver = choose_leaver();
	memset(place, 0, sizeof(*place));
	place->stage = WS_ARRIVING;
	place->since = clock_ms();
	strcpy(place->network, network);
	return place;
}

bool
admission_may_open(const char *peer, bool is_back, const char **why)
{
	char network[INET_PEER_SIZE];

	if (table == NULL || is_back)
		return true;
	inet_peer_network(peer, network);
	*why =
	    "too many failures from this address: try again in half a minute";
	if (is_barred(network))
		return false;
	*why = "busy, try again";
	return count_in(WS_OPEN) < table->limits.all;
}
