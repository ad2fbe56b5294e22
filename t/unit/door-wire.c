/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "base/clock.h"
#include "door/wire.h"

#define SOON (clock_ms() + 60000)

static int pair[2];

static void
test_round_trip(void)
{
	struct door_message sent = {0}, got;

	door_add_string(&sent, "verb", "mount");
	door_add(&sent, "password", "a\0b", 3);
	door_add_string(&sent, "url", "");
	door_add_string(&sent, "user", NULL);
	CHECK(door_send(pair[0], &sent, SOON) == 0);
	CHECK(door_receive(pair[1], &got, SOON) == 0);
	CHECK(got.count == 3);
	CHECK(strcmp(door_string(&got, "verb"), "mount") == 0);
	CHECK(strcmp(door_string(&got, "url"), "") == 0);
	CHECK(door_string(&got, "user") == NULL);
	/* A NUL is not allowed in a string. */
	CHECK(door_string(&got, "password") == NULL);
	CHECK(got.fields[1].size == 3);
	door_message_free(&sent);
	door_message_free(&got);
	CHECK(got.bytes == NULL);
}

static void
test_large(void)
{
	static char value[DOOR_MESSAGE_MAX];
	struct door_message m = {0};

	memset(value, 'x', sizeof(value));
	door_add(&m, "a", value, 100000);
	door_add(&m, "b", value, 100000);
	CHECK(m.error == 0);
	door_add(&m, "c", value, 100000);
	CHECK(m.error == EMSGSIZE);
	CHECK(door_send(pair[0], &m, SOON) == -1 && errno == EMSGSIZE);
	door_message_free(&m);
}

/* Do these bytes make a message? */
static bool
takes(const char *bytes)
{
	struct door_message m;
	int status;

	CHECK(write(pair[0], bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
	status = door_receive(pair[1], &m, SOON);
	CHECK(status == 0 || errno == EPROTO);
	/* Drop what is left, so that the next message does not begin with
	 * it. */
	while (recv(pair[1], (char[64]){0}, 64, MSG_DONTWAIT) > 0)
		;
	door_message_free(&m);
	return status == 0;
}

static void
test_wrong(void)
{
	CHECK(takes("0:,"));
	CHECK(takes("8:1:a,1:b,,"));
	CHECK(!takes("4:1:a,,"));
	CHECK(!takes("8:1:a,1:b,;"));
	CHECK(!takes("8:1:A,1:b,,"));
	CHECK(!takes("7:0:,1:b,,"));
	CHECK(!takes("8:1:a,9:b,,"));
	CHECK(!takes("16:1:a,1:b,1:a,1:c,,"));
	CHECK(!takes("hello"));
	CHECK(!takes("999999999:"));
}

static void
test_ends(void)
{
	struct door_message m;

	CHECK(door_receive(pair[1], &m, clock_ms()) == -1);
	CHECK(errno == ETIMEDOUT);
	door_message_free(&m);
	CHECK(write(pair[0], "8:1:a", 5) == 5);
	close(pair[0]);
	CHECK(door_receive(pair[1], &m, SOON) == -1 && errno == ENODATA);
	door_message_free(&m);
}

int
main(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return 1;
	test_round_trip();
	test_large();
	test_wrong();
	test_ends();
	return check_status();
}
