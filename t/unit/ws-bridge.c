/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The bridge, between a peer that is scripted here and a backend.
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "base/clock.h"
#include "ws/bridge.h"
#include "ws/frame.h"

#define MIB (1 << 20)

/* A bridge that runs in a thread, and the test's ends of its sockets. */
static struct {
	pthread_t thread;
	struct ws_bridge bridge;
	struct wire wire;
	struct ws_end end;
	int peer, far;
} work;

static void
ends_badly(struct ws_reason *why, struct ws_texts *texts)
{
	ws_texts_add(texts, "bad");
	*why = (struct ws_reason){WS_INTERNAL, "gone"};
}

static bool
asks(int fd, struct ws_reason *why, struct ws_texts *texts)
{
	char c;

	CHECK(read(fd, &c, 1) == 1);
	if (c == 't') {
		ws_texts_add(texts, "one");
		ws_texts_add(texts, "two");
		return false;
	}
	*why = (struct ws_reason){WS_GOING_AWAY, ""};
	return true;
}

static void
ends(const struct ws_bridge *b, const struct ws_end *end)
{
	(void)end;
	shutdown(b->out, SHUT_WR);
}

static void *
run(void *arg)
{
	(void)arg;
	ws_bridge(&work.bridge, &work.end);
	/* The shell that passed the descriptor to us would not expect
	 * EAGAIN. */
	CHECK((fcntl(work.bridge.in, F_GETFL) & O_NONBLOCK) == 0);
	close(work.wire.in);
	close(work.bridge.in);
	return NULL;
}

static void
start(const struct ws_bridge *b)
{
	int net[2], far[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, net) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, far) == -1)
		abort();
	work.bridge = *b;
	work.bridge.input_done = ends;
	work.bridge.wire = &work.wire;
	wire_init(&work.wire, net[0], net[0], NULL);
	work.bridge.in = work.bridge.out = far[0];
	work.peer = net[1];
	work.far = far[1];
	pthread_create(&work.thread, NULL, run, NULL);
}

static void
join(void)
{
	/* Otherwise the bridge would wait a while for more from us. */
	shutdown(work.peer, SHUT_WR);
	pthread_join(work.thread, NULL);
	close(work.peer);
	close(work.far);
}

static void
put(int fd, const void *bytes, size_t len)
{
	CHECK(write(fd, bytes, len) == (ssize_t)len);
}

/* Do exactly these bytes come next? */
static bool
comes(int fd, const void *bytes, size_t len)
{
	unsigned char got[512];
	size_t n = 0;
	ssize_t r;

	while (n < len && (r = read(fd, got + n, len - n)) > 0)
		n += (size_t)r;
	return n == len && memcmp(got, bytes, len) == 0;
}
static bool
is_end(int fd)
{
	char c;

	return read(fd, &c, 1) == 0;
}

#define PUT(fd, literal)   put(fd, literal, sizeof(literal) - 1)
#define COMES(fd, literal) comes(fd, literal, sizeof(literal) - 1)

static const struct ws_bridge server = {.is_server = true, .stop_fd = -1};
static const struct ws_bridge client = {.is_server = false, .stop_fd = -1};

static void
test_both_ways(void)
{
	start(&server);
	PUT(work.peer, "\x82\x82\x01\x01\x01\x01\x69\x68");
	CHECK(COMES(work.far, "hi"));
	PUT(work.far, "you");
	CHECK(COMES(work.peer, "\x82\x03you"));
	/* The peer closes: the backend can read all that the peer sent, then
	 * the end. */
	PUT(work.peer,
	    "\x82\x81\x00\x00\x00\x00!\x88\x82\x00\x00\x00\x00\x03\xe8");
	CHECK(COMES(work.far, "!") && is_end(work.far));
	CHECK(COMES(work.peer, "\x88\x02\x03\xe8") && is_end(work.peer));
	join();
	CHECK(work.end.clean && work.end.by_peer && work.end.code == 1000);
	CHECK(ws_end_status(&work.end) == 0);
}

static void
test_early_bytes(void)
{
	struct ws_bridge b = server;

	b.early = (const unsigned char *)"\x82\x81\x00\x00\x00\x00x\x89\x80"
					 "abcd";
	b.early_len = 13;
	start(&b);
	CHECK(COMES(work.far, "x"));
	CHECK(COMES(work.peer, "\x8a\x00"));
	close(work.peer);
	work.peer = open("/dev/null", O_RDONLY);
	join();
	CHECK(!work.end.clean && work.end.code == 1006);
	CHECK(ws_end_status(&work.end) == 74);
}

static void
test_backend_end(void)
{
	struct ws_bridge b = server;

	start(&b);
	PUT(work.far, "bye");
	shutdown(work.far, SHUT_WR);
	CHECK(COMES(work.peer, "\x82\x03"
			       "bye\x88\x02\x03\xe8"));
	/* The peer may still send data until it closes as well. */
	PUT(work.peer, "\x82\x81\x00\x00\x00\x00!");
	CHECK(COMES(work.far, "!"));
	PUT(work.peer, "\x88\x80\x00\x00\x00\x00");
	CHECK(is_end(work.peer));
	join();
	CHECK(work.end.clean && !work.end.by_peer && work.end.code == 1000);
	/* A failed backend, and a peer that never answers the close. */
	b.explain_end = ends_badly;
	b.close_limit = 300;
	start(&b);
	shutdown(work.far, SHUT_WR);
	CHECK(COMES(work.peer, "\x81\x03"
			       "bad\x88\x06\x03\xf3gone") &&
	      is_end(work.peer));
	join();
	CHECK(!work.end.clean && ws_end_status(&work.end) == 74);
}

/* Texts are sent besides the bytes. When a stop is asked for, the bytes that
 * were read before are sent first. */
static void
test_asked(void)
{
	struct ws_bridge b = server;
	int ask[2];

	CHECK(pipe(ask) == 0);
	b.stop_fd = ask[0];
	b.stop_reason = asks;
	start(&b);
	PUT(work.far, "bye");
	CHECK(COMES(work.peer, "\x82\x03"
			       "bye"));
	PUT(ask[1], "t");
	CHECK(COMES(work.peer, "\x81\x07one\ntwo"));
	PUT(ask[1], "x");
	CHECK(COMES(work.peer, "\x88\x02\x03\xe9"));
	PUT(work.peer, "\x88\x80\x00\x00\x00\x00");
	CHECK(is_end(work.peer));
	join();
	CHECK(work.end.clean && !work.end.by_peer && work.end.code == 1001);
	close(ask[0]);
	close(ask[1]);
}

static void
test_violation(void)
{
	start(&server);
	/* Frames before the fault count; those after it do not. */
	PUT(work.peer,
	    "\x82\x81\x00\x00\x00\x00x\x83\x00\x82\x81\x00\x00\x00\x00y");
	CHECK(COMES(work.far, "x") && is_end(work.far));
	CHECK(COMES(work.peer, "\x88\x13\x03\xea"
			       "an unknown opcode"));
	CHECK(is_end(work.peer));
	join();
	CHECK(!work.end.clean && work.end.code == 1002);
	CHECK(ws_end_status(&work.end) == 76);
}

static void
test_client(void)
{
	unsigned char frame[9], first[4];
	int i;

	start(&client);
	for (i = 0; i < 2; i++) {
		PUT(work.far, "abc");
		CHECK(recv(work.peer, frame, 9, MSG_WAITALL) == 9);
		CHECK(frame[0] == 0x82 && frame[1] == 0x83);
		ws_mask(frame + 6, 3, frame + 2, 0);
		CHECK(memcmp(frame + 6, "abc", 3) == 0);
		/* Each frame has its own key. */
		CHECK(i == 0 || memcmp(first, frame + 2, 4) != 0);
		memcpy(first, frame + 2, 4);
	}
	PUT(work.peer, "\x82\x02yo\x88\x02\x03\xf0");
	CHECK(COMES(work.far, "yo"));
	CHECK(recv(work.peer, frame, 8, MSG_WAITALL) == 8 && frame[0] == 0x88);
	join();
	CHECK(work.end.code == WS_POLICY && ws_end_status(&work.end) == 77);
}

/* A page can't see pings: while we are silent, it is sent empty messages. */
static void
test_beats(void)
{
	struct ws_bridge b = server;

	b.beat_after = 100;
	start(&b);
	CHECK(COMES(work.peer, "\x82\x00\x82\x00"));
	PUT(work.far, "a");
	CHECK(COMES(work.peer, "\x82\x01"
			       "a\x82\x00"));
	PUT(work.peer, "\x88\x80\x00\x00\x00\x00");
	join();
}

static void
test_pings(void)
{
	struct ws_bridge b = server;

	start(&b);
	/* Only the newest ping must be answered; no data is lost. */
	PUT(work.peer, "\x89\x81\x00\x00\x00\x00"
		       "a");
	CHECK(COMES(work.peer, "\x8a\x01"
			       "a"));
	PUT(work.peer, "\x88\x80\x00\x00\x00\x00");
	join();
	/* A silent peer is pinged twice, then given up. */
	b.ping_after = 100;
	start(&b);
	CHECK(COMES(work.peer, "\x89\x00\x89\x00"));
	CHECK(is_end(work.peer));
	join();
	CHECK(!work.end.clean && work.end.code == 1006);
	CHECK(strcmp(work.end.text, "the peer does not answer") == 0);
}

/* Write as much as fits without waiting. */
static size_t
fill(int fd, const void *bytes, size_t len)
{
	struct pollfd p = {fd, POLLOUT, 0};
	size_t all = 0;
	ssize_t n;

	while (all < 64 * MIB && poll(&p, 1, 300) == 1) {
		n = send(fd, bytes, len, MSG_DONTWAIT);
		if (n > 0)
			all += (size_t)n;
	}
	return all;
}

/* A side that does not read stops only the side that sends to it. */
static void
test_backpressure(void)
{
	static unsigned char frame[WS_HEADER_MAX + MIB];
	static const unsigned char key[4];
	struct ws_bridge b = server;
	size_t n, header, got = 0;
	ssize_t r;

	b.ping_after = 500;
	start(&b);
	header = ws_header(frame, WS_BINARY, (uint64_t)1 << 40, key);
	put(work.peer, frame, header);
	n = fill(work.peer, frame + header, MIB);
	CHECK(n > 0 && n < 4 * MIB);
	/* The other direction goes on. The peer is silent because it is
	 * blocked, so it is not given up; and it is told that we live. */
	PUT(work.far, "still");
	CHECK(COMES(work.peer, "\x82\x05still"));
	CHECK(COMES(work.peer, "\x8a\x00\x8a\x00"));
	PUT(work.far, "here");
	CHECK(COMES(work.peer, "\x82\x04here"));
	while (got < n && (r = read(work.far, frame, MIB)) > 0)
		got += (size_t)r;
	CHECK(got == n);
	close(work.peer);
	work.peer = open("/dev/null", O_RDONLY);
	join();
	/* The same in the other direction: the peer does not read. */
	start(&server);
	n = fill(work.far, frame, MIB);
	CHECK(n > 0 && n < 4 * MIB);
	PUT(work.peer, "\x82\x81\x00\x00\x00\x00x");
	CHECK(COMES(work.far, "x"));
	close(work.peer);
	work.peer = open("/dev/null", O_RDONLY);
	join();
}

/* The processor time, in milliseconds, that the bridge has used. */
static int64_t
cpu_ms(void)
{
	struct timespec t = {0};
	clockid_t clock;

	CHECK(pthread_getcpuclockid(work.thread, &clock) == 0 &&
	      clock_gettime(clock, &t) == 0);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* While the last data of a peer that has gone wait for the backend, the bridge
 * must not spin. */
static void
test_gone_unread(void)
{
	static unsigned char frame[WS_HEADER_MAX + MIB];
	static const unsigned char key[4];
	size_t n, header, got = 0;
	int64_t before;
	ssize_t r;

	start(&server);
	header = ws_header(frame, WS_BINARY, (uint64_t)1 << 40, key);
	put(work.peer, frame, header);
	n = fill(work.peer, frame + header, MIB);
	close(work.peer);
	work.peer = open("/dev/null", O_RDONLY);
	before = cpu_ms();
	usleep(500 * 1000);
	CHECK(cpu_ms() - before < 50);
	while (got < n && (r = read(work.far, frame, MIB)) > 0)
		got += (size_t)r;
	CHECK(got == n && is_end(work.far));
	join();
	CHECK(!work.end.clean && work.end.code == 1006);
}

/* If not all lines fit, the newest stay. */
static void
test_texts(void)
{
	struct ws_texts t = {.len = 0};
	char line[WS_TEXTS_MAX + 2];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ws_texts_add(&t, line);
	CHECK(t.len == WS_TEXTS_MAX);
	ws_texts_add(&t, "a");
	ws_texts_add(&t, "b");
	CHECK(t.len == 3 && memcmp(t.text, "a\nb", 3) == 0);
	line[WS_TEXTS_MAX - 3] = '\0';
	ws_texts_add(&t, line);
	CHECK(t.len == WS_TEXTS_MAX - 3 && t.text[0] == 'x');
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(60); /* so that a bridge that hangs makes the test fail */
	test_both_ways();
	test_early_bytes();
	test_backend_end();
	test_asked();
	test_texts();
	test_violation();
	test_client();
	test_beats();
	test_pings();
	test_backpressure();
	test_gone_unread();
	return check_status();
}
