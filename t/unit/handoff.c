/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "base/clock.h"
#include "unix/socket.h"
#include "nbd/handoff.h"
#include "unix/fd-passing.h"

static char path[] = "/tmp/nbd-handoff-XXXXXX/sock";
static struct handoff handoff;
static struct handoff_peer *peer;

/* A line that has n times this character after its beginning. */
static const char *
line_of(const char *start, char c, size_t n)
{
	static char line[1024];
	size_t len = strlen(start);

	memcpy(line, start, len);
	memset(line + len, c, n);
	line[len + n] = '\0';
	return line;
}

static void
test_parse(void)
{
	struct handoff_offer o;

	CHECK(handoff_parse("source ab-C_9 10.0.0.5 at noon", &o) == 0);
	CHECK(!o.still && strcmp(o.client, "ab-C_9") == 0);
	CHECK(strcmp(o.who, "10.0.0.5 at noon") == 0);
	CHECK(handoff_parse("still - x", &o) == 0 && o.still);
	CHECK(strcmp(o.client, "-") == 0);

	CHECK(handoff_parse("", &o) == -1 && errno == EPROTO);
	CHECK(handoff_parse("source", &o) == -1);
	CHECK(handoff_parse("source ", &o) == -1);
	CHECK(handoff_parse("source a", &o) == -1);
	CHECK(handoff_parse("source a ", &o) == -1);
	CHECK(handoff_parse("source  who", &o) == -1);
	CHECK(handoff_parse("sources a b", &o) == -1);
	CHECK(handoff_parse("source ../x b", &o) == -1);
	CHECK(handoff_parse("source a b\x1b[m", &o) == -1);
	CHECK(handoff_parse("source a b\xc3\xa4", &o) == -1);

	CHECK(handoff_parse(line_of("source a ", 'w', 200), &o) == 0);
	CHECK(handoff_parse(line_of("source a ", 'w', 201), &o) == -1);
	CHECK(handoff_parse(line_of("source ", 'c', 65), &o) == -1);
}

/* A peer connects and sends this text, with fd unless that is -1. */
static int
come(const char *text, int fd)
{
	int guest_fd = connect_unix(path);

	CHECK(guest_fd != -1);
	if (fd == -1)
		CHECK(write(guest_fd, text, strlen(text)) != -1);
	else
		CHECK(pass_send(guest_fd, text, strlen(text), &fd, 1) == 0);
	return guest_fd;
}

static enum handoff_news
news(void)
{
	return handoff_next(&handoff, &peer);
}

/* Returns what a peer was told, within a second. */
static const char *
told(int fd)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
test_offer(void)
{
	int pair[2], fd, got;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(news() == HANDOFF_NOTHING);
	fd = come("source me 10.0.0.5\n", pair[0]);
	CHECK(news() == HANDOFF_OFFER);
	CHECK(strcmp(peer->offer.client, "me") == 0);
	CHECK(news() == HANDOFF_NOTHING);
	/* The server has this very connection, not a relay. */
	got = peer->socket;
	CHECK(write(pair[1], "x", 1) == 1);
	CHECK(strcmp(told(got), "x") == 0);

	handoff_tell(peer, "taken %s", "you");
	CHECK(strcmp(told(fd), "taken you\n") == 0);
	CHECK(write(fd, "lea", 3) == 3 && news() == HANDOFF_NOTHING);
	CHECK(write(fd, "ve\n", 3) == 3 && news() == HANDOFF_LEAVE);
	close(fd);
	CHECK(news() == HANDOFF_LOST);
	handoff_dismiss(peer);
	CHECK(fcntl(got, F_GETFD) == -1);
	CHECK(news() == HANDOFF_NOTHING);
	close(pair[0]);
	close(pair[1]);
}

/* A text that is not an offer is refused; so is an offer without a socket. */
static void
refuses(const char *text, int fd)
{
	int guest_fd = come(text, fd);
	enum handoff_news what;
	int tries = 0;

	while ((what = news()) == HANDOFF_NOTHING && tries++ < 10)
		continue;
	CHECK(what == HANDOFF_LOST);
	handoff_dismiss(peer);
	CHECK(recv(guest_fd, &tries, 1, 0) <= 0);
	close(guest_fd);
}

static void
test_hostile(void)
{
	int null = open("/dev/null", O_RDWR), pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	refuses("hello\n", pair[0]);
	refuses("source me who\n", -1);
	refuses("source me who\n", null);
	refuses(line_of("source a ", 'w', 900), pair[0]);
	refuses(line_of("", '\n', 3), -1);
	close(null);
	close(pair[0]);
	close(pair[1]);
}

/* An NBD server speaks first; its connection is itself the source. */
static void
test_server(void)
{
	int fd = come("NBDMAGIC", -1);

	CHECK(news() == HANDOFF_OFFER);
	CHECK(peer->control == -1 && strcmp(peer->offer.client, "-") == 0);
	CHECK(strcmp(told(peer->socket), "NBDMAGIC") == 0);
	handoff_tell(peer, "lost");
	CHECK(recv(fd, &(char){0}, 1, MSG_DONTWAIT) == -1);
	handoff_dismiss(peer);
	close(fd);
}

/* Silent peers neither stand in the way of others, nor stay. */
static void
test_silent(void)
{
	int silent[40], pair[2], fd, i, left;
	struct pollfd p[HANDOFF_POLLS];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(handoff_poll(&handoff, p) == -1);
	for (i = 0; i < 40; i++)
		silent[i] = come(i % 2 ? "" : "sour", -1);
	fd = come("source me who\n", pair[0]);
	CHECK(news() == HANDOFF_OFFER);
	handoff_dismiss(peer);
	left = handoff_poll(&handoff, p);
	CHECK(left > 0 && left <= HANDOFF_LIMIT_MS);
	/* The first peers had to go for the last ones. */
	CHECK(recv(silent[0], &i, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN);
	for (i = 0; i < HANDOFF_PEERS; i++)
		handoff.peers[i].limit = clock_ms() - 1;
	for (i = 0; i < HANDOFF_PEERS - 1; i++) {
		CHECK(news() == HANDOFF_LOST);
		handoff_dismiss(peer);
	}
	CHECK(news() == HANDOFF_NOTHING);
	for (i = 0; i < 40; i++)
		close(silent[i]);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	path[strlen(path) - 5] = '\0';
	CHECK(mkdtemp(path) != NULL);
	path[strlen(path)] = '/';
	test_parse();
	CHECK(handoff_open(&handoff, path) == 0);
	test_offer();
	test_hostile();
	test_server();
	test_silent();
	handoff_close(&handoff, true);
	CHECK(access(path, F_OK) == -1);
	*strrchr(path, '/') = '\0';
	CHECK(rmdir(path) == 0);
	return check_status();
}
