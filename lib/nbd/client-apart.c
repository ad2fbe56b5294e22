/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/nbd.h>

#include "base/clock.h"
#include "nbd/client-apart.h"

#define GRACE_MS 2000 /* for the child to report a timeout */
#define FLAGS_KNOWN                                                      \
	(NBD_FLAG_HAS_FLAGS | NBD_FLAG_READ_ONLY | NBD_FLAG_SEND_FLUSH | \
	    NBD_FLAG_SEND_FUA | NBD_FLAG_SEND_TRIM | NBD_FLAG_CAN_MULTI_CONN)

/* A peer may control the child: accept only what an honest child could send. */
static int
check_answer(struct nbd_apart_answer *a, const struct nbd_wish *wish)
{
	size_t i;

	for (i = 0; i < sizeof(a->why) - 1 && a->why[i] != '\0'; i++)
		if (a->why[i] < ' ' || a->why[i] > '~')
			a->why[i] = '?';
	a->why[i] = '\0';
	if (a->error != 0)
		return -1;
	if (a->found.block != 4096 || a->found.size % 4096 != 0)
		a->found.block = 512;
	a->found.flags &= FLAGS_KNOWN;
	a->found.flags |= NBD_FLAG_HAS_FLAGS;
	if (wish->read_only)
		a->found.flags |= NBD_FLAG_READ_ONLY;
	if (wish->identity != NULL)
		snprintf(a->found.identity, sizeof(a->found.identity), "%s",
		    wish->identity);
	i = strnlen(a->found.identity, sizeof(a->found.identity));
	if (i < sizeof(a->found.identity) &&
	    (wish->identity != NULL ||
		strspn(a->found.identity, "vmedia:0123456789bcf") == i))
		return 0;
	a->error = EPROTO;
	snprintf(a->why, sizeof(a->why), "the handshake's process is wrong");
	return -1;
}

/* Returns 0; or -1 with the error and the reason in *a. */
static int
receive(int back, struct nbd_apart_answer *a)
{
	ssize_t n = recv(back, a, sizeof(*a), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(*a))
		return 0;
	memset(a, 0, sizeof(*a));
	a->error = n == -1 ? ETIMEDOUT : EPROTO;
	snprintf(a->why, sizeof(a->why), "%s",
	    n == -1 ? "it does not answer as an NBD server"
		    : "the handshake's process was ended");
	return -1;
}

void
nbd_apart_init(struct nbd_apart *apart)
{
	*apart = (struct nbd_apart){.back = -1};
}

int
nbd_apart_begin(struct nbd_apart *apart, int fd, const struct nbd_wish *wish,
    nbd_apart_start *start)
{
	int pair[2], saved;

	nbd_apart_init(apart);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	apart->child = start(fd, pair[1], wish);
	saved = errno;
	close(pair[1]);
	if (apart->child == -1) {
		close(pair[0]);
		errno = saved;
		return -1;
	}
	apart->back = pair[0];
	apart->limit = clock_ms() + wish->limit * 1000 + GRACE_MS;
	return 0;
}

bool
nbd_apart_is_over(const struct nbd_apart *apart)
{
	struct pollfd p = {apart->back, POLLIN, 0};

	return apart->back != -1 &&
	       (poll(&p, 1, 0) == 1 || clock_ms() >= apart->limit);
}

int
nbd_apart_end(struct nbd_apart *apart, int fd, const struct nbd_wish *wish,
    struct nbd_connection *c, char *why, size_t why_size)
{
	static struct nbd_apart_answer a;
	int result = -1;

	a.error = 0;
	if (receive(apart->back, &a) == 0 && check_answer(&a, wish) == 0) {
		*c = a.found;
		c->socket = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		a.error = errno;
		result = c->socket == -1 ? -1 : 0;
		if (result == -1)
			snprintf(a.why, sizeof(a.why), "%s", strerror(errno));
	}
	nbd_apart_cancel(apart);
	snprintf(why, why_size, "%s", a.why);
	errno = a.error;
	return result;
}

void
nbd_apart_cancel(struct nbd_apart *apart)
{
	if (apart->back == -1)
		return;
	close(apart->back);
	kill(apart->child, SIGKILL);
	waitpid(apart->child, NULL, 0);
	nbd_apart_init(apart);
}
