/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * wan: a TCP proxy that behaves like a long and slow network path. It passes on
 * what it reads half a round trip later, no faster than its limit; a new
 * connection takes one more round trip for its handshake. The connections share
 * the limit fairly. Slow start and packet loss are not simulated: they would
 * only slow down the short requests of the programs that we compare with.
 *
 * Lines on standard input change it while it runs: "delay MS" (the round trip),
 * "rate MBIT" (megabits a second, for each new connection), "total MBIT" (for
 * all together; 0: no limit); "cut" resets all connections, "dead" stops all
 * bytes, and "alive" lets them go on. It answers each line with the same line
 * on standard output.
 */
#include "connection.h"

#include <sys/socket.h>

#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"

#define MBIT 125000.0 /* bytes */

static bool dead; /* no bytes pass */

/* An end has an event: read from it, or note that it accepts bytes again. */
static void
connection_ready(struct connection *c, const struct pollfd *client,
    const struct pollfd *server)
{
	int64_t now = now_ns();
	int64_t up = (now > c->open_at ? now : c->open_at) + delay;
	bool sound = true;

	if (client->revents & (POLLIN | POLLHUP | POLLERR))
		sound = !way_has_room(&c->up) || way_fill(&c->up, up);
	if (sound && (server->revents & (POLLIN | POLLHUP | POLLERR)))
		sound =
		    !way_has_room(&c->down) || way_fill(&c->down, now + delay);
	if (client->revents & POLLOUT)
		c->down.blocked = false;
	if (server->revents & POLLOUT)
		c->up.blocked = false;
	if (!sound)
		connection_close(c, true);
}

static short
events(const struct way *read, const struct way *write)
{
	short set = 0;

	if (way_has_room(read))
		set |= POLLIN;
	if (write->blocked)
		set |= POLLOUT;
	return set;
}

/* Execute a line of standard input. Returns false at the end of the input. */
static bool
obey(void)
{
	struct connection *c;
	char line[64];
	unsigned n;

	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	if (sscanf(line, "delay %u", &n) == 1)
		delay = (int64_t)n * 500000;
	else if (sscanf(line, "rate %u", &n) == 1)
		rate = n * MBIT;
	else if (sscanf(line, "total %u", &n) == 1)
		bucket_set(&total, n * MBIT, now_ns());
	else if (strcmp(line, "cut\n") == 0)
		for (c = connections; c < connections + CONNECTIONS_MAX; c++) {
			if (c->used)
				connection_close(c, true);
		}
	else if (strcmp(line, "dead\n") == 0 || strcmp(line, "alive\n") == 0)
		dead = line[0] == 'd';
	else
		errx(EX_DATAERR, "unable to obey: %s", line);
	fputs(line, stdout);
	fflush(stdout);
	return true;
}

/* The descriptors for ppoll(2): both ends of each connection, then the
 * others. */
static struct pollfd fds[2 * CONNECTIONS_MAX + 2];
static struct connection *owners[CONNECTIONS_MAX];

static unsigned
list_ends(void)
{
	struct connection *c;
	unsigned n = 0;

	for (c = connections; c < connections + CONNECTIONS_MAX; c++) {
		if (!c->used || dead)
			continue;
		owners[n / 2] = c;
		fds[n].fd = c->up.from;
		fds[n++].events = events(&c->up, &c->down);
		fds[n].fd = c->down.from;
		fds[n++].events = events(&c->down, &c->up);
		/* If it waits for neither, disable it: ppoll(2) would report an
		 * error again and again, because nobody reads it. */
		if (fds[n - 2].events == 0)
			fds[n - 2].fd = -1;
		if (fds[n - 1].events == 0)
			fds[n - 1].fd = -1;
	}
	return n;
}

/* Wait for the next event, at most until the given time. */
static void
wait_and_read(int listener, const struct addrinfo *server, int64_t until)
{
	static int control = STDIN_FILENO;
	unsigned n = list_ends(), i;
	struct timespec t = {0, 0};
	int64_t left = until == NEVER ? 0 : until - now_ns();
	int client;

	fds[n] = (struct pollfd){listener, POLLIN, 0};
	fds[n + 1] = (struct pollfd){control, POLLIN, 0};
	if (left > 0) {
		t.tv_sec = left / 1000000000;
		t.tv_nsec = left % 1000000000;
	}
	if (ppoll(fds, n + 2, until == NEVER ? NULL : &t, NULL) <= 0)
		return;
	for (i = 0; i < n; i += 2)
		connection_ready(owners[i / 2], &fds[i], &fds[i + 1]);
	if (fds[n].revents != 0 &&
	    (client = accept(listener, NULL, NULL)) != -1)
		connection_open(client, server);
	if (fds[n + 1].revents != 0 && !obey())
		control = -1;
}

static void
run(int listener, const struct addrinfo *server)
{
	int64_t now, next, when;
	struct connection *c;
	bool more;

	for (;;) {
		more = false;
		now = now_ns();
		for (c = connections; c < connections + CONNECTIONS_MAX; c++)
			if (c->used && !dead && connection_move(c, now))
				more = true;
		next = NEVER;
		for (c = connections; c < connections + CONNECTIONS_MAX; c++) {
			if (!c->used || dead)
				continue;
			when = connection_next(c, now);
			if (when < next)
				next = when;
		}
		wait_and_read(listener, server, more ? now : next);
	}
}

static void
usage(FILE *out)
{
	fputs("usage: wan [-c MBIT] [-d MS] [-l PORT] [-t MBIT] HOST PORT\n"
	      "  -c  megabits a second of each connection\n"
	      "  -d  milliseconds of a round trip\n"
	      "  -l  listen on that port of 127.0.0.1, which is printed else\n"
	      "  -t  megabits a second of all together\n",
	    out);
}

static uint64_t
number(const char *text)
{
	uint64_t n;

	if (number_parse(text, 0, 1000000, &n) == -1)
		errx(EX_USAGE, "unable to use %s: not a number", text);
	return n;
}

static int
listen_on(uint64_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd == -1 || bind(fd, (struct sockaddr *)&in, len) == -1 ||
	    listen(fd, 128) == -1 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) == -1)
		err(EX_UNAVAILABLE, "unable to listen");
	printf("%u\n", ntohs(in.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *server;
	uint64_t port = 0;
	int option;

	while ((option = getopt(argc, argv, "c:d:hl:t:")) != -1) {
		switch (option) {
		case 'c':
			rate = (double)number(optarg) * MBIT;
			break;
		case 'd':
			delay = (int64_t)number(optarg) * 500000;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'l':
			port = number(optarg);
			break;
		case 't':
			bucket_set(
			    &total, (double)number(optarg) * MBIT, now_ns());
			break;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (argc - optind != 2 || port > UINT16_MAX) {
		usage(stderr);
		return EX_USAGE;
	}
	if (getaddrinfo(argv[optind], argv[optind + 1], &hints, &server) != 0)
		errx(EX_NOHOST, "unable to find %s", argv[optind]);
	signal(SIGPIPE, SIG_IGN);
	setbuf(stdin, NULL); /* poll(2) does not see a line in stdio's buffer */
	run(listen_on(port), server);
}
