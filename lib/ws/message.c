/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <poll.h>

#include "unix/fd-passing.h"
#include "ws/message.h"

int
ws_message_send(int fd, const struct ws_message *m, const int fds[2])
{
	return pass_send(fd, m, sizeof(*m), fds, fds != NULL ? 2 : 0);
}

int
ws_message_receive(int fd, struct ws_message *m, int fds[2])
{
	struct pollfd f = {fd, POLLIN, 0};
	ssize_t n;

	if (fds != NULL)
		fds[0] = fds[1] = -1;
	do {
		poll(&f, 1, -1);
		n = pass_receive(fd, m, sizeof(*m), fds, fds != NULL ? 2 : 0);
	} while (n == -1 && (errno == EAGAIN || errno == EINTR));
	if (n == 0)
		errno = EPIPE;
	else if (n > 0 && n != (ssize_t)sizeof(*m))
		errno = EPROTO;
	return n == (ssize_t)sizeof(*m) ? 0 : -1;
}
