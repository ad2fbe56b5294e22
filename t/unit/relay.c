/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "unix/relay.h"

#define AMOUNT (4 * 1024 * 1024)

static struct relay relay;
static int in[2], out[2], far[2]; /* the test's ends: in[1], out[0], far[1] */

/* Have both directions ended? */
static bool
is_over(void)
{
	return relay.in.to == -1 && relay.out.to == -1;
}

static void
start(void)
{
	CHECK(pipe(in) == 0 && pipe(out) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, far) == 0);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(far[1], F_SETFL, fcntl(far[1], F_GETFL) | O_NONBLOCK);
	relay_start(&relay, in[0], out[1], far[0]);
}

static void
stop(void)
{
	int all[] = {in[0], in[1], out[0], out[1], far[0], far[1]};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		close(all[i]);
}

/* The byte at that offset of the data in this direction. */
static unsigned char
byte_at(size_t at, unsigned way)
{
	return (unsigned char)((at * 2654435761U >> 13) + way);
}

/* Write as much as possible; read what is there, and compare. */
static void
feed(int fd, size_t *at, unsigned way)
{
	unsigned char buf[7777];
	size_t i, n = AMOUNT - *at < sizeof(buf) ? AMOUNT - *at : sizeof(buf);
	ssize_t done;

	for (i = 0; i < n; i++)
		buf[i] = byte_at(*at + i, way);
	done = n > 0 ? write(fd, buf, n) : 0;
	if (done > 0)
		*at += (size_t)done;
}

static void
taste(int fd, size_t *at, unsigned way, size_t most)
{
	unsigned char buf[9999];
	ssize_t i, n = read(fd, buf, most < sizeof(buf) ? most : sizeof(buf));

	for (i = 0; i < n; i++)
		if (buf[i] != byte_at(*at + (size_t)i, way)) {
			CHECK(!"the right byte");
			return;
		}
	if (n > 0)
		*at += (size_t)n;
}

/* Both directions at the same time, every byte, with reads of different
 * sizes. */
static void
test_bytes(void)
{
	size_t fed[2] = {0}, got[2] = {0};
	int64_t turns;

	start();
	for (turns = 0; turns < 1000000; turns++) {
		feed(in[1], &fed[0], 0);
		feed(far[1], &fed[1], 1);
		relay_move(&relay);
		taste(far[1], &got[0], 0, 9999);
		taste(out[0], &got[1], 1, 1 + turns % 4000);
		if (got[0] == AMOUNT && got[1] == AMOUNT)
			break;
	}
	CHECK(got[0] == AMOUNT && got[1] == AMOUNT);
	stop();
}

/* A side that reads nothing: the buffer is bounded, and the loop does not
 * spin. */
static void
test_backpressure(void)
{
	struct pollfd p[RELAY_POLLS];
	size_t fed = 0;
	int i;

	start();
	for (i = 0; i < 1000; i++) {
		feed(far[1], &fed, 1);
		relay_move(&relay);
	}
	CHECK(fed < 2 * 1024 * 1024);
	relay_poll(&relay, p);
	CHECK(p[2].fd == -1); /* reading has stopped */
	CHECK(p[1].fd == out[1] && p[1].events == POLLOUT);
	CHECK(poll(p, RELAY_POLLS, 0) == 0);
	stop();
}

/* The end of one direction does not end the other. */
static void
test_half_close(void)
{
	char buf[16];

	start();
	CHECK(write(in[1], "last", 4) == 4);
	close(in[1]);
	relay_move(&relay);
	relay_move(&relay);
	CHECK(read(far[1], buf, sizeof(buf)) == 4);
	CHECK(read(far[1], buf, sizeof(buf)) == 0);
	CHECK(!is_over());
	CHECK(write(far[1], "answer", 6) == 6);
	close(far[1]);
	relay_move(&relay);
	relay_move(&relay);
	CHECK(read(out[0], buf, sizeof(buf)) == 6);
	CHECK(read(out[0], buf, sizeof(buf)) == 0);
	CHECK(is_over());
	stop();
}

/* If the answers can't be delivered, no more requests are passed on. */
static void
test_broken(void)
{
	char buf[16];

	start();
	close(out[0]);
	CHECK(write(far[1], "answer", 6) == 6);
	relay_move(&relay);
	CHECK(read(far[1], buf, sizeof(buf)) == 0);
	relay_move(&relay);
	CHECK(is_over());
	stop();
}

static bool
blocks(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

/* Descriptors that other programs share block again; one that did not block
 * before still doesn't. */
static void
test_flags(void)
{
	int shared;

	start();
	CHECK(!blocks(in[0]) && !blocks(out[1]));
	relay_end(&relay);
	CHECK(blocks(in[0]) && blocks(out[1]));
	stop();
	start();
	shared = dup(out[1]);
	close(in[1]);
	close(far[1]);
	relay_move(&relay);
	relay_move(&relay);
	CHECK(is_over());
	relay_end(&relay);
	CHECK(blocks(in[0]) && blocks(shared));
	close(shared);
	stop();
	CHECK(pipe(in) == 0 && pipe(out) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, far) == 0);
	fcntl(in[0], F_SETFL, O_NONBLOCK);
	relay_start(&relay, in[0], out[1], far[0]);
	relay_end(&relay);
	CHECK(!blocks(in[0]) && blocks(out[1]));
	stop();
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_bytes();
	test_backpressure();
	test_half_close();
	test_broken();
	test_flags();
	return check_status();
}
