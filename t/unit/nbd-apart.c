/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The handshake in a child, with nbdkit and with programs that are not NBD
 * servers: in a fork, and in a program.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/nbd.h>

#include "base/clock.h"
#include "check.h"
#include "nbd/apart-child.h"
#include "nbd/apart-program.h"

static char why[512];
static struct nbd_connection c;
static nbd_apart_start *start;

static int
open_with(int fd, int limit, bool read_only)
{
	const struct nbd_wish wish = {.read_only = read_only, .limit = limit};
	struct nbd_apart apart;

	memset(&c, 0, sizeof(c));
	CHECK(nbd_apart_begin(&apart, fd, &wish, start) == 0);
	while (!nbd_apart_is_over(&apart))
		clock_sleep_ms(10);
	return nbd_apart_end(&apart, fd, &wish, &c, why, sizeof(why));
}

static void
test_nbdkit(void)
{
	int pair[2];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(pair[1], STDIN_FILENO);
		dup2(pair[1], STDOUT_FILENO);
		execlp("nbdkit", "nbdkit", "-s", "memory", "1M", NULL);
		_exit(1);
	}
	close(pair[1]);
	CHECK(open_with(pair[0], 60, true) == 0);
	CHECK(c.size == 1 << 20 && (c.flags & NBD_FLAG_READ_ONLY) != 0);
	CHECK(strncmp(c.identity, "vmedia:", 7) == 0);
	CHECK(c.socket > STDERR_FILENO && c.socket != pair[0]);
	/* It is still the caller's connection, now in the transmission
	 * phase. */
	CHECK(send(c.socket, "", 0, MSG_NOSIGNAL) == 0);
	close(c.socket);
	close(pair[0]);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

static void
test_others(void)
{
	const struct nbd_wish wish = {.limit = 60};
	struct nbd_apart apart;
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK(nbd_apart_begin(&apart, pair[0], &wish, start) == 0);
	CHECK(!nbd_apart_is_over(&apart) && apart.back != -1);
	nbd_apart_cancel(&apart);
	nbd_apart_cancel(&apart);
	CHECK(apart.back == -1 && !nbd_apart_is_over(&apart));
	CHECK(open_with(pair[0], 1, false) == -1 && errno == ETIMEDOUT);
	CHECK(strstr(why, "does not answer") != NULL);
	CHECK(write(pair[1], "HTTP/1.1 200 OK\r\n\r\nand more", 27) == 27);
	CHECK(open_with(pair[0], 60, false) == -1 && errno != 0);
	CHECK(why[0] != '\0');
	close(pair[1]);
	CHECK(open_with(pair[0], 60, false) == -1 && errno != 0);
	close(pair[0]);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

/* The process that waits for the answer is killed: its child does not go on
 * waiting for a silent server. */
static void
test_orphan(int ms)
{
	const struct nbd_wish wish = {.limit = 60};
	struct nbd_apart apart;
	struct pollfd peer;
	int pair[2];
	pid_t pid;
	char byte;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	pid = fork();
	if (pid == 0) {
		close(pair[1]);
		CHECK(nbd_apart_begin(&apart, pair[0], &wish, start) == 0);
		clock_sleep_ms(ms);
		_exit(check_status());
	}
	close(pair[0]);
	CHECK(waitpid(pid, NULL, 0) == pid);
	peer = (struct pollfd){pair[1], POLLIN, 0};
	CHECK(poll(&peer, 1, 20000) == 1 && read(pair[1], &byte, 1) == 0);
	close(pair[1]);
}

static void
test_missing_program(void)
{
	const struct nbd_wish wish = {.limit = 60};
	struct nbd_apart apart;

	setenv("PATH", "/nonexistent", 1);
	CHECK(nbd_apart_begin(&apart, STDIN_FILENO, &wish, nbd_apart_spawn) ==
	      -1);
	CHECK(errno == ENOENT && apart.back == -1);
}

static void
test(nbd_apart_start *by)
{
	start = by;
	test_nbdkit();
	test_others();
	test_orphan(0);
	test_orphan(1000); /* the child has given up its rights by then */
}

int
main(void)
{
	test(nbd_apart_fork);
	test(nbd_apart_spawn);
	test_missing_program();
	return check_status();
}
