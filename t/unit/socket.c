/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Listening at the path of a Unix socket that exists already.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "unix/socket.h"

static int other; /* another program's socket, bound */

static void
bind_other(void)
{
	struct sockaddr_un address;

	CHECK(unix_address("socket", &address) == 0);
	other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(other, (struct sockaddr *)&address, sizeof(address)) == 0);
}

/* The socket of a program that was killed is replaced. */
static void
test_stale(void)
{
	int fd;

	bind_other();
	close(other);
	fd = listen_unix("socket");
	CHECK(fd != -1);
	CHECK(listen_unix("socket") == -1 && errno == EADDRINUSE);
	close(fd);
	unlink("socket");
}

/* The other program begins to listen while we check whether it serves. */
static void *
listen_late(void *unused)
{
	const struct timespec pause = {0, 20 * 1000000L};

	nanosleep(&pause, NULL);
	CHECK(listen(other, 1) == 0);
	return unused;
}

/* Does the socket stay that of the other program? */
static bool
keeps_socket(void)
{
	pthread_t thread;
	struct stat st;
	int fd;

	bind_other();
	CHECK(pthread_create(&thread, NULL, listen_late, NULL) == 0);
	fd = listen_unix("socket");
	CHECK(fd != -1 || errno == EADDRINUSE);
	pthread_join(thread, NULL);
	CHECK(stat("socket", &st) == 0);
	close(other);
	close(fd);
	unlink("socket");
	return fd == -1;
}

/* A program that has bound its socket, and does not listen yet, keeps it. On a
 * busy machine it may listen too late; then the test tries again. */
static void
test_between_bind_and_listen(void)
{
	int i;

	for (i = 0; i < 20; i++)
		if (keeps_socket())
			return;
	CHECK(false);
}

int
main(void)
{
	char dir[] = "/tmp/socket.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1) {
		CHECK(!"a directory");
		return check_status();
	}
	test_stale();
	test_between_bind_and_listen();
	rmdir(dir);
	return check_status();
}
