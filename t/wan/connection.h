/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The connections that wan passes on.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <netdb.h>

#include "bucket.h"
#include "way.h"

#define CONNECTIONS_MAX 256

struct connection {
	bool used;
	int64_t open_at; /* when the simulated handshake is over */
	struct way up, down;
	struct bucket bucket; /* of the direction to the client */
};

extern struct connection connections[CONNECTIONS_MAX];

/* The limits; they may change at any time. */
extern struct bucket total;
extern double rate;   /* bytes a second, for each new connection */
extern int64_t delay; /* nanoseconds, one way */

int64_t now_ns(void);
/* Connect to server for this client; closes client if that fails. */
void connection_open(int client, const struct addrinfo *server);
void connection_close(struct connection *c, bool reset);
/* Pass on one quantum. Returns whether more may pass now. */
bool connection_move(struct connection *c, int64_t now);
/* The time at which connection_move() has work to do. */
int64_t connection_next(const struct connection *c, int64_t now);

#endif
