/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "unix/fd-passing.h"

/* Room for PASS_MAX descriptors, aligned as cmsg(3) requires; the kernel closes
 * any others. */
union ancillary {
	char room[CMSG_SPACE(PASS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int
pass_send(int to, const void *text, size_t len, const int *fds, unsigned count)
{
	const size_t size = count * sizeof(*fds);
	union ancillary a;
	struct iovec part = {(void *)text, len};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *c;
	ssize_t n;

	if (count > 0) {
		memset(&a, 0, sizeof(a));
		m.msg_control = a.room;
		m.msg_controllen = CMSG_SPACE(size);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), fds, size);
	}
	do
		n = sendmsg(to, &m, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 || (size_t)n == len)
		return n == -1 ? -1 : 0;
	errno = EMSGSIZE;
	return -1;
}

/* Put the received descriptors into the free places of fds, and close the
 * rest. */
static void
sort_out(const struct cmsghdr *c, int *fds, unsigned count)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int), i;
	unsigned at = 0;
	int one;

	for (i = 0; i < n; i++) {
		memcpy(&one, CMSG_DATA(c) + i * sizeof(one), sizeof(one));
		while (at < count && fds[at] != -1)
			at++;
		if (at < count)
			fds[at] = one;
		else
			close(one);
	}
}

ssize_t
pass_receive(int from, void *text, size_t size, int *fds, unsigned count)
{
	union ancillary a;
	struct iovec part = {text, size};
	struct msghdr m = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = a.room,
	    .msg_controllen = sizeof(a.room)};
	struct cmsghdr *c;
	ssize_t n = recvmsg(from, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n == -1)
		return -1;
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			sort_out(c, fds, count);
	return n;
}
