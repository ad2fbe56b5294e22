/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "unix/fd-passing.h"
#include "ws/proxy.h"

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

void
ws_say(const char *peer, const char *format, ...)
{
	char line[1024], *c;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	warnx("%s%s%s", peer, *peer != '\0' ? ": " : "", line);
}
