/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The connections that wan passes on.
 */
#include "connection.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

#define QUANTUM ((size_t)64 << 10) /* a turn at the shared limit */

struct connection connections[CONNECTIONS_MAX];
struct bucket total;
double rate;
int64_t delay;

int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void
connection_close(struct connection *c, bool reset)
{
	const struct linger hard = {1, 0};

	if (reset) {
		setsockopt(
		    c->up.from, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		setsockopt(
		    c->up.to, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	}
	close(c->up.from);
	close(c->up.to);
	way_forget(&c->up);
	way_forget(&c->down);
	c->used = false;
}

void
connection_open(int client, const struct addrinfo *server)
{
	int fd = socket(server->ai_family, SOCK_STREAM, 0), on = 1;
	struct connection *c = connections;
	int64_t now = now_ns();

	while (c < connections + CONNECTIONS_MAX && c->used)
		c++;
	if (c == connections + CONNECTIONS_MAX || fd == -1 ||
	    connect(fd, server->ai_addr, server->ai_addrlen) == -1) {
		close(client);
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(client, F_SETFL, O_NONBLOCK);
	way_init(&c->up, client, fd);
	way_init(&c->down, fd, client);
	bucket_set(&c->bucket, rate, now);
	c->open_at = now + 2 * delay;
	c->used = true;
}

bool
connection_move(struct connection *c, int64_t now)
{
	size_t n, room;
	ssize_t put;

	if (!c->up.blocked && (n = way_due(&c->up, now)) > 0 &&
	    way_drain(&c->up, n) == -1) {
		connection_close(c, true);
		return false;
	}
	n = c->down.blocked ? 0 : way_due(&c->down, now);
	room = bucket_room(&c->bucket, now);
	if (n > room)
		n = room;
	room = bucket_room(&total, now);
	if (n > room)
		n = room;
	if (n > QUANTUM)
		n = QUANTUM;
	put = n > 0 ? way_drain(&c->down, n) : 0;
	if (put == -1) {
		connection_close(c, true);
		return false;
	}
	bucket_take(&c->bucket, (size_t)put);
	bucket_take(&total, (size_t)put);
	way_end(&c->up);
	way_end(&c->down);
	if (c->up.told && c->down.told)
		connection_close(c, false);
	return put > 0;
}

int64_t
connection_next(const struct connection *c, int64_t now)
{
	int64_t up = way_next(&c->up, now), down = way_next(&c->down, now);
	int64_t own = bucket_next(&c->bucket, now);
	int64_t all = bucket_next(&total, now);

	if (down != NEVER && down < own)
		down = own;
	if (down != NEVER && down < all)
		down = all;
	return up < down ? up : down;
}
