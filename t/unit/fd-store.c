/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The descriptors that systemd keeps for a service (unix/fd-store.h); a socket
 * takes systemd's place.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "unix/fd-store.h"

#define FIRST 3

static const char *const ours[] = {"control", "shared.2"};
static int notify;

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* What systemd would have been told; "" if nothing. */
static const char *
told(void)
{
	static char line[256];
	ssize_t n = recv(notify, line, sizeof(line) - 1, MSG_DONTWAIT);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

static void
listen_to_service(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "notify");
	unlink(address.sun_path);
	notify = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(notify, (struct sockaddr *)&address, sizeof(address)) == 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify",
	    getcwd((char[80]){0}, 80));
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

/* Pass on `count` descriptors from FIRST on; more than that stay open. */
static void
pass(const char *names, int count)
{
	char number[16];
	int fd;

	for (fd = FIRST; fd < FIRST + 8; fd++)
		dup2(STDIN_FILENO, fd);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
	snprintf(number, sizeof(number), "%d", count);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

static void
test_take(void)
{
	pass("in:control:control-2:out", 4);
	CHECK(fd_store_take("control") == FIRST + 1);
	CHECK(fcntl(FIRST + 1, F_GETFD) == FD_CLOEXEC);
	CHECK(fd_store_take("out") == FIRST + 3);
	CHECK(fd_store_take("cont") == -1);
	CHECK(fd_store_take("") == -1);
	pass("in:control:out", 1); /* more names than descriptors */
	CHECK(fd_store_take("in") == FIRST);
	CHECK(fd_store_take("control") == -1);
	setenv("LISTEN_PID", "1", 1);
	CHECK(fd_store_take("in") == -1);
	pass("", 0);
	CHECK(fd_store_take("in") == -1);
	unsetenv("LISTEN_FDNAMES");
	CHECK(fd_store_take("in") == -1);
}

/* An older version of the program was killed, and its memory is still
 * stored. */
static void
test_drop_others(void)
{
	pass("control:shared.1:shared.2:stored", 4);
	fd_store_drop_others(ours, 2);
	CHECK(is_open(FIRST) && is_open(FIRST + 2));
	CHECK(!is_open(FIRST + 1) && !is_open(FIRST + 3));
	CHECK(is_open(FIRST + 4)); /* not one that systemd passed */
	CHECK(strcmp(told(), "FDSTOREREMOVE=1\nFDNAME=shared.1") == 0);
	CHECK(strcmp(told(), "FDSTOREREMOVE=1\nFDNAME=stored") == 0);
	CHECK(strcmp(told(), "") == 0);
}

int
main(void)
{
	int other;

	listen_to_service();
	/* Move it away from the descriptors that are passed. */
	other = fcntl(notify, F_DUPFD, FIRST + 16);
	close(notify);
	notify = other;
	test_take();
	test_drop_others();
	return check_status();
}
