/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A server in a thread answers the requests in an order of its own.
 */
#include <sys/socket.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "nbd/export-stream.h"

#define CHUNK EXPORT_STREAM_CHUNK
#define DEPTH EXPORT_STREAM_DEPTH

/* What the server does: wait for `burst` requests, then answer them from the
 * last to the first. */
struct server {
	int fd;
	unsigned burst;
	uint64_t end;	/* close after the request that ends here; 0: at once */
	uint64_t first; /* the offset of the first request */
	bool lies;	/* its replies have a wrong cookie */
};

static unsigned char
byte_at(uint64_t off)
{
	return (unsigned char)(off * 7 + off / 251);
}

static uint64_t
get_be(const unsigned char *p, int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | *p++;
	return value;
}

static void
answer(const struct server *s, const unsigned char *request)
{
	static const unsigned char ok[8] = {0x67, 0x44, 0x66, 0x98};
	uint64_t off = get_be(request + 16, 8), len = get_be(request + 24, 4);
	unsigned char *bytes = malloc(len);
	unsigned char head[16];
	uint64_t i;

	for (i = 0; i < len; i++)
		bytes[i] = byte_at(off + i);
	memcpy(head, ok, 8);
	memcpy(head + 8, request + 8, 8);
	if (s->lies)
		head[8] ^= 0x80;
	if (send(s->fd, head, 16, MSG_NOSIGNAL) == 16)
		send(s->fd, bytes, len, MSG_NOSIGNAL);
	free(bytes);
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	unsigned char requests[DEPTH][28];
	uint64_t asked = 0;
	unsigned n = 0;
	bool begun = false;

	while (
	    asked < s->end && recv(s->fd, requests[n], 28, MSG_WAITALL) == 28) {
		asked =
		    get_be(requests[n] + 16, 8) + get_be(requests[n] + 24, 4);
		if (!begun)
			s->first = get_be(requests[n] + 16, 8);
		begun = true;
		if (++n < s->burst && asked < s->end)
			continue;
		while (n > 0)
			answer(s, requests[--n]);
	}
	close(s->fd);
	return NULL;
}

/* Read from `at` to `end` in pieces of that size. Returns the offset that it
 * reached, and in errno what stopped it. */
static uint64_t
read_all(struct server *server, uint64_t at, uint64_t end, size_t piece)
{
	struct export_stream stream;
	unsigned char *buf = malloc(piece);
	pthread_t thread;
	ptrdiff_t n, i;
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	server->fd = fds[1];
	pthread_create(&thread, NULL, serve, server);
	CHECK(export_stream_begin(&stream, fds[0], at, end) == 0);
	errno = 0;
	while ((n = export_stream_read(&stream, buf, piece)) > 0) {
		for (i = 0; i < n && buf[i] == byte_at(at + (uint64_t)i); i++)
			continue;
		CHECK(i == n);
		at += (uint64_t)n;
	}
	export_stream_end(&stream);
	close(fds[0]);
	pthread_join(thread, NULL);
	free(buf);
	return at;
}

int
main(void)
{
	const uint64_t end = 20 * CHUNK + 5;
	struct server server = {.burst = 1, .end = end};
	int error;

	CHECK(read_all(&server, 0, end, CHUNK) == end && server.first == 0);
	server.burst = DEPTH;
	CHECK(read_all(&server, 0, end, 1000) == end);
	/* From the middle of a chunk. */
	CHECK(read_all(&server, 3 * CHUNK + 1, end, CHUNK) == end);
	CHECK(server.first == 3 * CHUNK + 1);
	server.end = 10;
	CHECK(read_all(&server, 3, 10, CHUNK) == 10);
	CHECK(read_all(&server, 10, 10, CHUNK) == 10);
	/* The server goes away; later, it replies with a wrong cookie. */
	server.end = 5 * CHUNK;
	CHECK(read_all(&server, 0, end, CHUNK) < end);
	server.end = 0;
	CHECK(read_all(&server, 0, end, CHUNK) == 0 && errno != 0);
	server = (struct server){.burst = 1, .end = end, .lies = true};
	CHECK(read_all(&server, 0, end, CHUNK) == 0);
	error = errno;
	CHECK(error == EPROTO || error == ECONNRESET || error == EPIPE);
	return check_status();
}
