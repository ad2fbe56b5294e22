/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/nbd.h>

#include "drive/source.h"

#define HEADER		  sizeof(struct nbd_request)
#define ESHUTDOWN_ON_WIRE 108 /* NBD_ESHUTDOWN */

void
source_start(struct source *s, int fd, bool is_file, unsigned nbd_flags)
{
	memset(s, 0, sizeof(*s));
	s->is_file = is_file;
	s->can_flush = is_file || nbd_flags & NBD_FLAG_SEND_FLUSH;
	s->can_trim = is_file || nbd_flags & NBD_FLAG_SEND_TRIM;
	s->can_fua = nbd_flags & NBD_FLAG_SEND_FUA;
	source_continue(s, fd);
}

void
source_continue(struct source *s, int fd)
{
	unsigned i;

	s->fd = fd;
	s->sending = s->receiving = -1;
	s->have = 0;
	for (i = 0; i < SOURCE_DEPTH; i++) {
		s->is_sent[i] = false;
		if (s->requests[i] != NULL)
			s->requests[i]->have = 0;
	}
	if (!s->is_file && fd != -1)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void
source_stop(struct source *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

static void
end(struct source *s, int number, int error)
{
	s->requests[number]->error = error;
	s->requests[number]->is_done = true;
	s->requests[number] = NULL;
	s->is_sent[number] = false;
}

void
source_fail_all(struct source *s, int error)
{
	int i;

	for (i = 0; i < SOURCE_DEPTH; i++)
		if (s->requests[i] != NULL)
			end(s, i, error);
	/* A reply may be on its way for them. */
	source_stop(s);
}

/* --- files --------------------------------------------------------------- */

/* A file that is shorter than it was has no more bytes: that is an error. */
static int
read_file(int fd, uint8_t *bytes, size_t len, off_t offset)
{
	ssize_t n;

	for (; len > 0; len -= (size_t)n, bytes += n, offset += n) {
		n = pread(fd, bytes, len, offset);
		if (n <= 0)
			return n == 0 ? EIO : errno;
	}
	return 0;
}

static int
write_file(int fd, const uint8_t *bytes, size_t len, off_t offset)
{
	ssize_t n;

	for (; len > 0; len -= (size_t)n, bytes += n, offset += n) {
		n = pwrite(fd, bytes, len, offset);
		if (n == -1)
			return errno;
	}
	return 0;
}

/* A hole reads as zeros, as trimmed blocks may; where the file system makes none,
 * the bytes stay, which is as good. */
static int
trim_file(int fd, off_t offset, off_t len)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
		len) == 0 ||
	    errno == EOPNOTSUPP)
		return 0;
	return errno;
}

static int
do_file(int fd, const struct source_request *r)
{
	off_t offset = (off_t)r->offset;
	int error;

	switch (r->op) {
	case SOURCE_READ:
		return read_file(fd, r->bytes, r->length, offset);
	case SOURCE_TRIM:
		return trim_file(fd, offset, (off_t)r->length);
	case SOURCE_WRITE:
		error = write_file(fd, r->bytes, r->length, offset);
		if (error != 0 || !r->fua)
			return error;
		break;
	default:
		break;
	}
	return fdatasync(fd) == -1 ? errno : 0;
}

/* --- requests -------------------------------------------------------------- */

int
source_begin(struct source *s, struct source_request *r)
{
	uint8_t i = 0;

	r->is_done = false;
	r->error = 0;
	r->have = 0;
	if (s->is_file) {
		r->error = do_file(s->fd, r);
		r->is_done = true;
		return 0;
	}
	while (i < SOURCE_DEPTH && s->requests[i] != NULL)
		i++;
	if (i == SOURCE_DEPTH)
		return -1;
	s->requests[i] = r;
	s->is_sent[i] = false;
	r->number = i;
	return 0;
}

/* --- sending ---------------------------------------------------------------- */

static const uint32_t commands[] = {[SOURCE_READ] = NBD_CMD_READ,
    [SOURCE_WRITE] = NBD_CMD_WRITE,
    [SOURCE_FLUSH] = NBD_CMD_FLUSH,
    [SOURCE_TRIM] = NBD_CMD_TRIM};

static void
put_header(const struct source *s, const struct source_request *r,
    struct nbd_request *header)
{
	uint32_t type = commands[r->op];

	if (r->fua && s->can_fua)
		type |= NBD_CMD_FLAG_FUA;
	memset(header, 0, sizeof(*header));
	header->magic = htobe32(NBD_REQUEST_MAGIC);
	header->type = htobe32(type);
	memcpy(&header->handle, &r->number, 1);
	header->from = htobe64(r->offset);
	header->len = htobe32(r->length);
}

/* Send more of a request. Returns 1 when it is sent, 0 if the socket is full, or -1
 * if the connection is lost. */
static int
send_more(struct source *s, struct source_request *r)
{
	uint32_t payload = r->op == SOURCE_WRITE ? r->length : 0;
	struct nbd_request header;
	struct iovec parts[2];
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n;

	put_header(s, r, &header);
	while (r->have < HEADER + payload) {
		size_t head = r->have < HEADER ? r->have : HEADER;
		size_t body = r->have - head;

		parts[0].iov_base = (uint8_t *)&header + head;
		parts[0].iov_len = HEADER - head;
		parts[1].iov_base = (uint8_t *)r->bytes + body;
		parts[1].iov_len = payload - body;
		n = sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		r->have += (uint32_t)n;
	}
	return 1;
}

static int
next_unsent(const struct source *s)
{
	int i;

	for (i = 0; i < SOURCE_DEPTH; i++)
		if (s->requests[i] != NULL && !s->is_sent[i])
			return i;
	return -1;
}

static int
send_all(struct source *s)
{
	int rc;

	for (;;) {
		if (s->sending == -1)
			s->sending = next_unsent(s);
		if (s->sending == -1)
			return 0;
		rc = send_more(s, s->requests[s->sending]);
		if (rc != 1)
			return rc;
		s->is_sent[s->sending] = true;
		s->sending = -1;
	}
}

/* --- receiving ---------------------------------------------------------------- */

/* doc/proto.md, "Error values"; a number that we do not know is EINVAL. */
static int
error_of(uint32_t number)
{
	static const int known[] = {
	    EPERM, EIO, ENOMEM, EINVAL, ENOSPC, EOVERFLOW, ENOTSUP};
	static const uint32_t numbers[] = {1, 5, 12, 22, 28, 75, 95};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i] == number)
			return known[i];
	return EINVAL;
}

/* A whole reply header has arrived. Returns -1 if it is no answer to us. */
static int
take_reply(struct source *s)
{
	struct nbd_reply reply;
	uint8_t number;

	memcpy(&reply, s->reply, sizeof(reply));
	memcpy(&number, &reply.handle, 1);
	if (be32toh(reply.magic) != NBD_REPLY_MAGIC || number >= SOURCE_DEPTH ||
	    s->requests[number] == NULL || !s->is_sent[number])
		return -1;
	/* A server that ends answers so: the next one does it. */
	if (be32toh(reply.error) == ESHUTDOWN_ON_WIRE)
		return -1;
	if (reply.error != 0)
		end(s, number, error_of(be32toh(reply.error)));
	else if (s->requests[number]->op == SOURCE_READ)
		s->receiving = number;
	else
		end(s, number, 0);
	s->have = 0;
	return 0;
}

/*
 * Receive more of a reply's header, or of a read's bytes and with them the next
 * header. Returns 1 where more may be there, 0 if there is nothing more, or -1 if
 * the connection is lost.
 */
static int
receive_more(struct source *s)
{
	struct source_request *r =
	    s->receiving == -1 ? NULL : s->requests[s->receiving];
	uint32_t rest = r == NULL ? 0 : r->length - s->have;
	uint32_t head = r == NULL ? s->have : 0;
	struct iovec parts[2] = {
	    {r == NULL ? NULL : (uint8_t *)r->bytes + s->have, rest},
	    {s->reply + head, sizeof(s->reply) - head}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n = recvmsg(s->fd, &message, MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	s->have += (uint32_t)n;
	if (r != NULL && (uint32_t)n >= rest) {
		s->have = (uint32_t)n - rest;
		end(s, s->receiving, 0);
		s->receiving = -1;
	}
	if (s->receiving != -1 || s->have < sizeof(s->reply))
		return 0;
	return take_reply(s) == -1 ? -1 : 1;
}

uint32_t
source_events(const struct source *s)
{
	if (s->is_file || s->fd == -1)
		return 0;
	return s->sending != -1 || next_unsent(s) != -1 ? EPOLLIN | EPOLLOUT
							: EPOLLIN;
}

static int
lose(struct source *s)
{
	source_stop(s);
	return -1;
}

int
source_send(struct source *s)
{
	if (s->is_file || s->fd == -1)
		return 0;
	return send_all(s) == -1 ? lose(s) : 0;
}

int
source_move(struct source *s)
{
	int rc = 1;

	if (s->is_file || s->fd == -1)
		return 0;
	while (rc == 1) {
		rc = send_all(s);
		if (rc == 0)
			rc = receive_more(s);
	}
	return rc == -1 ? lose(s) : 0;
}
