/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "nbd/read-export.h"

#define GREETING      "NBDMAGICIHAVEOPT" /* 2 bytes of flags follow */
#define GREETING_SIZE 18
#define ANSWER_SIZE   10 /* the size, 2 bytes of flags */
#define REQUEST_SIZE  28
#define REPLY_SIZE    16
#define REQUEST_MAGIC 0x25609513
#define REPLY_MAGIC   0x67446698

/* Flags (fixed newstyle, no zeroes), NBD_OPT_EXPORT_NAME, an empty name. */
static const char question[] = "\0\0\0\3"
			       "IHAVEOPT"
			       "\0\0\0\1"
			       "\0\0\0";

static void
put_be(unsigned char *p, uint64_t value, int bytes)
{
	while (bytes-- > 0) {
		p[bytes] = value & 0xff;
		value >>= 8;
	}
}

static uint64_t
get_be(const unsigned char *p, int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | *p++;
	return value;
}

/* The few bytes of a request always fit into the buffer of the socket. */
static int
send_all(int fd, const void *bytes, size_t len)
{
	return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

static int
receive_all(int fd, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = recv(fd, (char *)buf + done, len - done, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EPIPE;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

int
read_export_begin(int fd, uint64_t *size)
{
	unsigned char greeting[GREETING_SIZE], answer[ANSWER_SIZE];

	if (receive_all(fd, greeting, sizeof(greeting)) == -1)
		return -1;
	if (memcmp(greeting, GREETING, strlen(GREETING)) != 0) {
		errno = EPROTO;
		return -1;
	}
	/* sizeof counts the NUL, which is the last byte of the length. */
	if (send_all(fd, question, sizeof(question)) == -1 ||
	    receive_all(fd, answer, sizeof(answer)) == -1)
		return -1;
	*size = get_be(answer, 8);
	return 0;
}

int
read_export_request(int fd, uint64_t cookie, size_t len, uint64_t off)
{
	unsigned char request[REQUEST_SIZE] = {0};

	put_be(request, REQUEST_MAGIC, 4);
	put_be(request + 8, cookie, 8);
	put_be(request + 16, off, 8);
	put_be(request + 24, len, 4);
	return send_all(fd, request, sizeof(request));
}

int
read_export_answer(int fd, uint64_t *cookie)
{
	unsigned char reply[REPLY_SIZE];

	if (receive_all(fd, reply, sizeof(reply)) == -1)
		return -1;
	if (get_be(reply, 4) != REPLY_MAGIC) {
		errno = EPROTO;
		return -1;
	}
	if (get_be(reply + 4, 4) != 0) {
		errno = EIO;
		return -1;
	}
	*cookie = get_be(reply + 8, 8);
	return 0;
}

int
read_export_bytes(int fd, void *buf, size_t len)
{
	return receive_all(fd, buf, len);
}

int
read_export(int fd, void *buf, size_t len, uint64_t off)
{
	uint64_t cookie;

	if (read_export_request(fd, 0, len, off) == -1 ||
	    read_export_answer(fd, &cookie) == -1)
		return -1;
	return receive_all(fd, buf, len);
}
