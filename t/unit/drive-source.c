/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A medium's source: an NBD server whose replies come in another order, are
 * cut, wrong, or lost; and a file.
 */
#include <sys/socket.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/nbd.h>

#include "check.h"
#include "drive/source.h"

static struct source s;
static int server;

static void
connect_server(void)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	server = pair[1];
	if (s.fd == 0)
		source_start(&s, pair[0], false, NBD_FLAG_SEND_FUA);
	else
		source_continue(&s, pair[0]);
}

/* Let the server receive a request of this type. Returns the request's
 * handle. */
static uint64_t
gets(uint32_t type, uint64_t from, uint32_t len)
{
	struct nbd_request r;
	uint64_t handle;

	memset(&r, 0, sizeof(r));
	CHECK(recv(server, &r, sizeof(r), MSG_DONTWAIT) == sizeof(r));
	CHECK(be32toh(r.magic) == NBD_REQUEST_MAGIC);
	CHECK(be32toh(r.type) == type);
	CHECK(be64toh(r.from) == from && be32toh(r.len) == len);
	memcpy(&handle, &r.handle, sizeof(handle));
	return handle;
}

static void
replies(uint64_t handle, uint32_t error, const char *bytes, size_t len)
{
	struct nbd_reply r = {
	    .magic = htobe32(NBD_REPLY_MAGIC), .error = htobe32(error)};

	memcpy(&r.handle, &handle, sizeof(handle));
	CHECK(send(server, &r, sizeof(r), 0) == sizeof(r));
	CHECK(send(server, bytes, len, 0) == (ssize_t)len);
}

static void
begin(struct source_request *r, enum source_op op, uint64_t offset,
    uint32_t length, void *bytes)
{
	*r = (struct source_request){
	    .op = op, .offset = offset, .length = length, .bytes = bytes};
	CHECK(source_begin(&s, r) == 0);
}

static void
test_order(void)
{
	struct source_request a, b;
	char first[4], second[4];
	uint64_t one, two;

	connect_server();
	begin(&a, SOURCE_READ, 512, 4, first);
	begin(&b, SOURCE_READ, 4096, 4, second);
	CHECK(source_events(&s) == (POLLIN | POLLOUT));
	CHECK(source_move(&s) == 0 && source_events(&s) == POLLIN);
	one = gets(NBD_CMD_READ, 512, 4);
	two = gets(NBD_CMD_READ, 4096, 4);
	replies(two, 0, "wor", 3);
	CHECK(source_move(&s) == 0 && !a.is_done && !b.is_done);
	CHECK(send(server, "d", 1, 0) == 1);
	CHECK(source_move(&s) == 0 && b.is_done && b.error == 0);
	CHECK(memcmp(second, "word", 4) == 0 && !a.is_done);
	replies(one, 5, "", 0);
	CHECK(source_move(&s) == 0 && a.is_done && a.error == EIO);
}

static void
test_writes(void)
{
	struct source_request r;
	char bytes[] = "data", got[4];

	begin(&r, SOURCE_WRITE, 0, 4, bytes);
	r.fua = true;
	CHECK(source_move(&s) == 0);
	replies(gets(NBD_CMD_WRITE | NBD_CMD_FLAG_FUA, 0, 4), 28, "", 0);
	CHECK(recv(server, got, 4, MSG_DONTWAIT) == 4);
	CHECK(memcmp(got, "data", 4) == 0);
	CHECK(source_move(&s) == 0 && r.is_done && r.error == ENOSPC);
	begin(&r, SOURCE_TRIM, 4096, 8192, NULL);
	CHECK(source_move(&s) == 0);
	replies(gets(NBD_CMD_TRIM, 4096, 8192), 0, "", 0);
	CHECK(source_move(&s) == 0 && r.is_done && r.error == 0);
}

/* Requests without a complete answer are repeated over the next connection,
 * also if half of the answer had arrived. */
static void
test_lost(void)
{
	struct source_request a, b;
	char first[4], second[4];

	begin(&a, SOURCE_READ, 0, 4, first);
	begin(&b, SOURCE_READ, 512, 4, second);
	CHECK(source_move(&s) == 0);
	replies(gets(NBD_CMD_READ, 0, 4), 0, "xx", 2);
	CHECK(source_move(&s) == 0);
	close(server);
	CHECK(source_move(&s) == -1 && s.fd == -1);
	CHECK(source_events(&s) == 0 && source_move(&s) == 0);
	connect_server();
	CHECK(source_move(&s) == 0);
	replies(gets(NBD_CMD_READ, 0, 4), 0, "good", 4);
	replies(gets(NBD_CMD_READ, 512, 4), 0, "more", 4);
	CHECK(source_move(&s) == 0 && a.is_done && b.is_done);
	CHECK(memcmp(first, "good", 4) == 0 && memcmp(second, "more", 4) == 0);
}

/* An NBD server that shuts down says so (error 108): treat that as a lost
 * connection, not as an answer. */
static void
test_server_ends(void)
{
	struct source_request r;
	char bytes[4];

	begin(&r, SOURCE_READ, 0, 4, bytes);
	CHECK(source_move(&s) == 0);
	replies(gets(NBD_CMD_READ, 0, 4), 108, "", 0);
	CHECK(source_move(&s) == -1 && !r.is_done);
	close(server);
	connect_server();
	source_fail_all(&s, EHOSTUNREACH);
	CHECK(r.is_done && r.error == EHOSTUNREACH && s.fd == -1);
	close(server);
}

static void
test_wrong_replies(void)
{
	struct source_request r;
	char bytes[4];
	uint64_t handle;

	connect_server();
	begin(&r, SOURCE_READ, 0, 4, bytes);
	CHECK(source_move(&s) == 0);
	handle = gets(NBD_CMD_READ, 0, 4);
	replies(handle + 1, 0, "", 0); /* to no request of ours */
	CHECK(source_move(&s) == -1 && !r.is_done);
	close(server);
	connect_server();
	CHECK(source_move(&s) == 0);
	CHECK(send(server, "0123456789abcdef", 16, 0) == 16);
	CHECK(source_move(&s) == -1 && !r.is_done);
	close(server);
	source_fail_all(&s, EIO);
	/* A reply although nothing was requested. */
	connect_server();
	replies(0, 0, "", 0);
	CHECK(source_move(&s) == -1);
	close(server);
}

static void
test_many(void)
{
	static struct source_request many[SOURCE_DEPTH + 1];
	char byte;
	int i;

	connect_server();
	for (i = 0; i < SOURCE_DEPTH; i++)
		begin(&many[i], SOURCE_READ, 0, 1, &byte);
	CHECK(source_begin(&s, &many[SOURCE_DEPTH]) == -1);
	source_fail_all(&s, EIO);
	close(server);
}

static void
test_file(void)
{
	char name[] = "/tmp/drive-source.XXXXXX", bytes[4] = "abc";
	int fd = mkstemp(name);
	struct source_request r;

	unlink(name);
	CHECK(ftruncate(fd, 8192) == 0);
	source_start(&s, fd, true, 0);
	begin(&r, SOURCE_WRITE, 8188, 4, bytes);
	CHECK(r.is_done && r.error == 0);
	memset(bytes, 0, 4);
	begin(&r, SOURCE_READ, 8188, 4, bytes);
	CHECK(r.is_done && r.error == 0 && memcmp(bytes, "abc", 4) == 0);
	begin(&r, SOURCE_FLUSH, 0, 0, NULL);
	CHECK(r.is_done && r.error == 0);
	begin(&r, SOURCE_TRIM, 4096, 4096, NULL);
	CHECK(r.is_done && r.error == 0);
	/* After a file became shorter, its missing part is an error, and does
	 * not read as zeros. */
	CHECK(ftruncate(fd, 8190) == 0);
	begin(&r, SOURCE_READ, 8188, 4, bytes);
	CHECK(r.is_done && r.error == EIO);
	source_stop(&s);
}

int
main(void)
{
	test_order();
	test_writes();
	test_lost();
	test_server_ends();
	test_wrong_replies();
	test_many();
	test_file();
	return check_status();
}
