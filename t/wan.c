/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * wan: a TCP proxy that behaves like a long and slow network path. It passes on
 * what it reads half a round trip later, no faster than its limit; a new
 * connection costs the round trip of its handshake. The connections share the
 * limit fairly. Slow start and packet loss are not simulated: they would only
 * slow down the short requests of the programs that we compare with.
 *
 * Lines on standard input change it while it runs: "delay MS" (the round trip),
 * "rate MBIT" (a second, for each new connection), "total MBIT" (for all; 0: no
 * limit), "cut" resets all connections, "dead" stops all bytes and "alive" lets
 * them go on. It answers each line with the same word on standard output.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"

#define CONNECTIONS_MAX 256
#define RING_SIZE	((size_t)32 << 20) /* bytes on the way in each direction */
#define MARKS_MAX	8192
#define READ_MAX	((size_t)256 << 10)
#define QUANTUM		((size_t)64 << 10) /* a turn at the shared limit */
#define BURST_NS	2000000 /* what may pass at once after a pause */
#define GRAIN_NS	1000000 /* the smallest amount passed on, as with GRO */
#define PACKET		1500.0	/* bytes */
#define NEVER		INT64_MAX
#define MBIT		125000.0 /* bytes */

/* A limit in bytes a second (0: none), and how much of it may be used now. */
struct bucket {
	double rate, tokens;
	int64_t at;
};

/* Bytes read up to this one may be passed on from that time on. */
struct mark {
	int64_t when;
	uint64_t end;
};

/* One direction of a connection: a ring of bytes, and when each may leave. */
struct way {
	int from, to;
	unsigned char *ring;
	uint64_t in, out; /* bytes since the start */
	struct mark marks[MARKS_MAX];
	unsigned first_mark, mark_count;
	bool ended;   /* the reading end was closed */
	bool told;    /* ... and the other end was closed, too */
	bool blocked; /* the writing end accepts nothing now */
};

struct connection {
	bool used;
	int64_t open_at; /* when the handshake would be over */
	struct way up, down;
	struct bucket bucket; /* of the direction to the client */
};

static struct connection connections[CONNECTIONS_MAX];
static struct bucket total;
static double rate;   /* bytes a second, for each connection */
static int64_t delay; /* nanoseconds, one way */
static bool dead;

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- rates ------------------------------------------------------------- */

static void
bucket_set(struct bucket *b, double bytes, int64_t now)
{
	b->rate = bytes;
	b->tokens = 0;
	b->at = now;
}

/* How many bytes must be allowed before any pass. */
static double
bucket_grain(const struct bucket *b)
{
	double grain = b->rate * GRAIN_NS / 1e9;

	return grain < PACKET ? PACKET : grain;
}

/* How many bytes may pass now. */
static size_t
bucket_room(struct bucket *b, int64_t now)
{
	double most = b->rate * BURST_NS / 1e9;

	if (b->rate == 0)
		return SIZE_MAX;
	if (most < 2 * PACKET)
		most = 2 * PACKET;
	b->tokens += b->rate * (double)(now - b->at) / 1e9;
	b->at = now;
	if (b->tokens > most)
		b->tokens = most;
	return b->tokens < bucket_grain(b) ? 0 : (size_t)b->tokens;
}

static void
bucket_take(struct bucket *b, size_t n)
{
	if (b->rate != 0)
		b->tokens -= (double)n;
}

/* The time at which so many bytes may pass. */
static int64_t
bucket_next(const struct bucket *b, int64_t now)
{
	double missing = bucket_grain(b) - b->tokens;

	if (b->rate == 0 || missing <= 0)
		return now;
	return now + (int64_t)(missing / b->rate * 1e9) + 1;
}

/* --- directions -------------------------------------------------------- */

static void
way_init(struct way *w, int from, int to)
{
	unsigned char *ring = w->ring;

	memset(w, 0, sizeof(*w));
	w->ring = ring;
	if (ring == NULL)
		w->ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->ring == MAP_FAILED)
		err(EX_OSERR, "unable to get memory");
	if (ring == NULL)
		madvise(w->ring, RING_SIZE, MADV_HUGEPAGE);
	w->from = from;
	w->to = to;
}

static bool
way_has_room(const struct way *w)
{
	return !w->ended && w->in - w->out < RING_SIZE &&
	       w->mark_count < MARKS_MAX;
}

/* Read what has arrived. Returns false if the connection is broken. */
static bool
way_fill(struct way *w, int64_t when)
{
	size_t at = w->in % RING_SIZE, n = RING_SIZE - at;
	ssize_t got;

	if (n > RING_SIZE - (w->in - w->out))
		n = RING_SIZE - (w->in - w->out);
	if (n > READ_MAX)
		n = READ_MAX;
	got = read(w->from, w->ring + at, n);
	if (got == -1)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0) {
		w->ended = true;
		return true;
	}
	w->in += (uint64_t)got;
	w->marks[(w->first_mark + w->mark_count++) % MARKS_MAX] =
	    (struct mark){when, w->in};
	return true;
}

/* How many bytes have been delayed for long enough. */
static size_t
way_due(struct way *w, int64_t now)
{
	uint64_t end = w->out;
	unsigned i;

	for (i = 0; i < w->mark_count; i++) {
		struct mark *m = &w->marks[(w->first_mark + i) % MARKS_MAX];

		if (m->when > now)
			break;
		end = m->end;
	}
	return (size_t)(end - w->out);
}

static void
way_forget_marks(struct way *w)
{
	while (w->mark_count > 0 && w->marks[w->first_mark].end <= w->out) {
		w->first_mark = (w->first_mark + 1) % MARKS_MAX;
		w->mark_count--;
	}
}

/* Pass on at most n bytes. Returns how many, or -1 if the connection is
 * broken. */
static ssize_t
way_drain(struct way *w, size_t n)
{
	size_t at = w->out % RING_SIZE;
	ssize_t put;

	if (n > RING_SIZE - at)
		n = RING_SIZE - at;
	put = send(w->to, w->ring + at, n, MSG_NOSIGNAL);
	if (put == -1) {
		w->blocked = errno == EAGAIN;
		return w->blocked || errno == EINTR ? 0 : -1;
	}
	w->out += (uint64_t)put;
	way_forget_marks(w);
	/* Use the same pages again if possible: they are in the CPU's cache. */
	if (w->in == w->out)
		w->in = w->out = 0;
	return put;
}

/* Pass on the end of the stream, after the last byte. */
static void
way_end(struct way *w)
{
	if (!w->ended || w->told || w->in != w->out)
		return;
	shutdown(w->to, SHUT_WR);
	w->told = true;
}

/* --- connections ------------------------------------------------------- */

static void
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
	/* Give the memory of their rings back to the kernel. */
	madvise(c->up.ring, RING_SIZE, MADV_DONTNEED);
	madvise(c->down.ring, RING_SIZE, MADV_DONTNEED);
	c->used = false;
}

static void
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

/* Pass on one quantum for each connection. Returns whether more may pass
 * now. */
static bool
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

/* The time at which bytes that were read already may be passed on. */
static int64_t
way_next(const struct way *w, int64_t now)
{
	if (w->blocked || w->mark_count == 0)
		return NEVER;
	return w->marks[w->first_mark].when > now ? w->marks[w->first_mark].when
						  : now;
}

static int64_t
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

/* --- the loop ---------------------------------------------------------- */

/* An end is ready: read from it, or note that it accepts bytes again. */
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

/* Execute a line of standard input. Returns false at its end. */
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
		/* ppoll(2) would report an error that is not read again and
		 * again. */
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

/* --- beginning --------------------------------------------------------- */

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
