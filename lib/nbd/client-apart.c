/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/resource.h>
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
#include "unix/privileges.h"
#include "unix/sandbox.h"

#define GRACE_MS 2000 /* for the child to report that its time is over */
#define FLAGS_KNOWN                                                      \
	(NBD_FLAG_HAS_FLAGS | NBD_FLAG_READ_ONLY | NBD_FLAG_SEND_FLUSH | \
	    NBD_FLAG_SEND_FUA | NBD_FLAG_SEND_TRIM | NBD_FLAG_CAN_MULTI_CONN)

/* What the child sends, in one datagram. */
struct answer {
	int error; /* errno, or 0 */
	struct nbd_connection found;
	char why[512];
};

/* --- the child ---------------------------------------------------------- */

/* Close all but these two descriptors and the standard ones. The child must not
 * have the netlink socket or the sockets of other peers. */
static int
keep_only(int *socket, int *back)
{
	const int first = STDERR_FILENO + 1;
	int kept[2] = {fcntl(*socket, F_DUPFD, first + 2),
	    fcntl(*back, F_DUPFD, first + 2)};

	if (kept[0] == -1 || kept[1] == -1 || dup2(kept[0], first) == -1 ||
	    dup2(kept[1], first + 1) == -1)
		return -1;
	close_from(first + 2);
	*socket = first;
	*back = first + 1;
	return 0;
}

/* Who has started us may have died before we asked to end with it. */
static bool
is_orphan(int back)
{
	struct pollfd p = {back, 0, 0};

	return poll(&p, 1, 0) == 1;
}

static int
give_up_rights(void)
{
	const struct rlimit none = {0, 0};

	setsid();
	if (become_user(NULL) == -1)
		return -1;
	/* Another user makes the kernel forget this, so it follows. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_NPROC, &none);
	return sandbox_enter_strict() == 0 || sandbox_is_missing(errno) ? 0
									: -1;
}

static void __attribute__((noreturn))
run(int socket, int back, const struct nbd_wish *wish)
{
	static struct answer a;

	if (keep_only(&socket, &back) == -1 || give_up_rights() == -1 ||
	    is_orphan(back)) {
		a.error = errno;
		snprintf(a.why, sizeof(a.why),
		    "the handshake's process can't be made: %s",
		    strerror(errno));
	} else if (nbd_client_open(NULL, socket, wish, &a.found, a.why,
		       sizeof(a.why)) == -1) {
		a.error = errno != 0 ? errno : EPROTO;
	}
	_exit(send(back, &a, sizeof(a), MSG_NOSIGNAL) != sizeof(a));
}

/* --- the parent ---------------------------------------------------------- */

/* A peer may control the child: accept only what an honest child could send. */
static int
check_answer(struct answer *a, const struct nbd_wish *wish)
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
receive(int back, struct answer *a)
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
nbd_apart_begin(struct nbd_apart *apart, int fd, const struct nbd_wish *wish)
{
	int pair[2], saved;

	nbd_apart_init(apart);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	apart->child = fork();
	if (apart->child == 0)
		run(fd, pair[1], wish);
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
	static struct answer a;
	int result = -1;

	a.error = 0;
	if (receive(apart->back, &a) == 0 && check_answer(&a, wish) == 0) {
		*c = a.found;
		c->socket = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		a.error = errno;
		result = c->socket == -1 ? -1 : 0;
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
