/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "unix/connect.h"
#include "unix/listen.h"

/* Close without losing errno; always -1. */
static int
close_failed(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

static int
bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t old = umask(0177);
	int result =
	    bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(old);
	return result;
}

/* See that a socket that nobody serves is gone. Returns 0, or -1 with errno. */
static int
remove_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, connected;

	if (lstat(address->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		errno = ENOTSOCK;
		return -1;
	}
	/* A full queue is EAGAIN: it is served, and one must not wait. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	connected =
	    connect(fd, (const struct sockaddr *)address, sizeof(*address));
	if (connected == 0 || errno == EAGAIN)
		errno = EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(address->sun_path) == 0)
		errno = ENOENT;
	close_failed(fd);
	return errno == ENOENT ? 0 : -1;
}

int
listen_unix(const char *path)
{
	struct sockaddr_un address;
	int fd, bound;

	if (unix_address(path, &address) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	bound = bind_private(fd, &address);
	if (bound == -1 && errno == EADDRINUSE) {
		if (remove_stale(&address) == -1)
			return close_failed(fd);
		bound = bind_private(fd, &address);
	}
	if (bound == -1 || listen(fd, SOMAXCONN) == -1)
		return close_failed(fd);
	return fd;
}
