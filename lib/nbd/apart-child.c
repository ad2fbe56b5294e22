/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nbd/apart-child.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"

/* Close all descriptors except these two and the standard ones. The child must
 * not have the netlink socket or the sockets of other peers. */
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

/* Has our parent died? It may have died before PR_SET_PDEATHSIG was set. */
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
	/* Set this now, because become_user() makes the kernel forget it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_NPROC, &none);
	return sandbox_enter_strict() == 0 || sandbox_is_missing(errno) ? 0
									: -1;
}

void
nbd_apart_run(int socket, int back, const struct nbd_wish *wish)
{
	static struct nbd_apart_answer a;

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

pid_t
nbd_apart_fork(int socket, int back, const struct nbd_wish *wish)
{
	pid_t child = fork();

	if (child == 0)
		nbd_apart_run(socket, back, wish);
	return child;
}
