/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How many clients may be at the door, and how many inside. A client is at the
 * door until it is authorized: TLS, the request, the ticket. A client that
 * floods the door must not shut others out: to make room, the network with the
 * most clients at the door loses its oldest one. A network is an IPv4 address
 * or an IPv6 /64, because one host has all addresses of its /64 (RFC 4291
 * section 2.5.4).
 *
 * The table is shared memory: the listening process gives each monitor a place
 * in it, where the monitor records how far its client has come. A worker has no
 * access to it.
 */
#ifndef VM_WS_MONITOR_ADMISSION_H
#define VM_WS_MONITOR_ADMISSION_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "unix/inet.h"

#define WS_CONNECTIONS_MAX 1024

struct ws_limits {
	unsigned all; /* clients inside; and as many at the door. 0: 64, or
			* fewer if memory is small */
	unsigned
	    peer; /* at the door, of one network; 0: 2, but no limit for this
			* machine, where a web server may be in front of us */
};

/* How far a client has come. */
enum ws_stage {
	WS_ARRIVING, /* at the door */
	WS_OPEN,
	WS_LEAVING /* the WebSocket has ended, the backend may still run */
};

/* One client's place. */
struct ws_place {
	pid_t monitor; /* 0: the place is free */
	volatile enum ws_stage stage;
	bool is_sent_away; /* its monitor was told to end, to make room */
	int64_t since;	   /* ms: when it came */
	char network[INET_PEER_SIZE];
	/* The client's own network, which a web server in front of us told. */
	char client[INET_PEER_SIZE];
};

/* Make the table. Returns 0, or -1 with errno. */
int admission_start(const struct ws_limits *);

/* Keep the table out of the processes that this one will fork: a worker reads a
 * stranger's bytes. */
void admission_hide(void);

/*
 * Find a place for a client from that address (as of inet_peer_name()), and set
 * its stage, time and network; the caller sets its monitor. *leaver is set to
 * the place of a client that must be sent away to make room, or to NULL.
 * Returns NULL if the client must be refused, with the reason in *why.
 */
struct ws_place *admission_enter(
    const char *peer, struct ws_place **leaver, const char **why);

/* The place of a monitor that has ended; NULL: it has none. The caller sets its
 * monitor to 0. */
struct ws_place *admission_find(pid_t monitor);

/* Call `f` (unless NULL) for each monitor that runs. Returns their number. */
unsigned admission_each(void (*f)(pid_t, int), int);

/*
 * For a monitor: may one more client of that address in? A client that comes
 * back to its session always may. If not, the reason is in *why.
 */
bool admission_may_open(const char *peer, bool is_back, const char **why);

/* A client of that place was refused. After five such failures of one network,
 * each within 30 seconds of the one before, it is barred for 30 seconds. */
void admission_note_failure(const struct ws_place *);

/* May we log a refusal of that address? We may, once a minute for each
 * network. */
bool admission_may_log(const char *peer);

#endif
