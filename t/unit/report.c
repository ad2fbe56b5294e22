/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fetchd/report.h"

static char text[REPORT_MAX];
static enum cause cause;

/* Returns the receiver's result for these bytes, after which the sender
 * closes. */
static int
receives(const char *bytes)
{
	int fds[2], status, saved;

	if (pipe(fds) == -1 || write(fds[1], bytes, strlen(bytes)) == -1)
		return -2;
	close(fds[1]);
	status = report_receive(fds[0], &cause, text);
	saved = errno;
	close(fds[0]);
	errno = saved;
	return status;
}

static void
test_round_trip(void)
{
	int fds[2];

	CHECK(pipe(fds) == 0);
	CHECK(report_send(fds[1], 66, CAUSE_CHANGED, "no\nsuch\x1b[m image") ==
	      0);
	CHECK(report_receive(fds[0], &cause, text) == 66);
	CHECK(cause == CAUSE_CHANGED);
	CHECK(strcmp(text, "no?such?[m image") == 0);
	memset(text, 'a', sizeof(text) - 1);
	CHECK(report_send(fds[1], 0, CAUSE_USUAL, text) == 0);
	CHECK(report_receive(fds[0], &cause, text) == 0);
	CHECK(strlen(text) == REPORT_MAX - 6 && cause == CAUSE_USUAL);
	close(fds[0]);
	close(fds[1]);
}

/* The receiver does not wait for a line's other half from a writer that keeps
 * the pipe open. */
static void
test_half(void)
{
	int fds[2];

	CHECK(pipe(fds) == 0 && write(fds[1], "0 half", 6) == 6);
	alarm(20);
	CHECK(report_receive(fds[0], &cause, text) == -1 && errno == EPROTO);
	alarm(0);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	test_round_trip();
	test_half();
	CHECK(receives("0 - \n") == 0 && *text == '\0');
	CHECK(receives("") == -1 && errno == EPIPE);
	CHECK(receives("65 cut") == -1 && errno == EPROTO);
	CHECK(receives("65 cut\n") == -1 && errno == EPROTO);
	CHECK(receives("65 nonsense x\n") == 65 && cause == CAUSE_USUAL);
	CHECK(receives("x\n") == -1 && errno == EPROTO);
	CHECK(receives("999 - x\n") == -1 && errno == EPROTO);
	CHECK(receives("-1 - x\n") == -1 && errno == EPROTO);
	return check_status();
}
