/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unix/socket.h"

#define STALE_MS 100 /* a program's time between bind(2) and listen(2) */

/* Close fd without losing errno. Returns -1. */
static int
close_failed(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

/* --- connecting -------------------------------------------------------- */

int
unix_address(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address->sun_path, path);
	return 0;
}

int
connect_unix(const char *path)
{
	struct sockaddr_un address;
	const struct timeval limit = {10, 0}, none = {0, 0};
	int fd;

	if (unix_address(path, &address) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* The queue of a server that accepts no more may be full (unix(7)). */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		return close_failed(fd);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
	return fd;
}

/* --- listening --------------------------------------------------------- */

static int
bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t old = umask(0177);
	int result =
	    bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(old);
	return result;
}

/* Does a server listen there? Returns 0, or -1 with errno of connect(2). */
static int
try_connect(const struct sockaddr_un *address)
{
	/* O_NONBLOCK: don't wait if the queue is full. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
	    -1)
		return close_failed(fd);
	close(fd);
	return 0;
}

/* Remove a socket that nobody serves. Returns 0, or -1 with errno. */
static int
remove_stale(const struct sockaddr_un *address)
{
	const struct timespec pause = {0, STALE_MS * 1000000L};
	struct stat st;
	int connected;

	if (lstat(address->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		errno = ENOTSOCK;
		return -1;
	}
	connected = try_connect(address);
	if (connected == -1 && errno == ECONNREFUSED) {
		/* Another program may be between bind(2) and listen(2). */
		nanosleep(&pause, NULL);
		connected = try_connect(address);
	}
	/* EAGAIN: the queue is full, so somebody serves it. */
	if (connected == 0 || errno == EAGAIN)
		errno = EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(address->sun_path) == 0)
		errno = ENOENT;
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
