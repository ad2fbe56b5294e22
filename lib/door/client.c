/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "door/client.h"
#include "unix/socket.h"

int
door_ask_and_watch(
    struct door_message *request, struct door_message *answer, int64_t deadline)
{
	const char *path = getenv("VM_DOOR_SOCKET");
	int fd = connect_unix(path != NULL ? path : DOOR_SOCKET), why;

	*answer = (struct door_message){0};
	if (fd == -1)
		return -1;
	if (door_send(fd, request, deadline) == 0 &&
	    door_receive(fd, answer, deadline) == 0)
		return fd;
	/* vm-door closes the connection of a process that may not ask. */
	why = errno == EPIPE || errno == ECONNRESET ? ENODATA : errno;
	close(fd);
	errno = why;
	return -1;
}

int
door_ask(
    struct door_message *request, struct door_message *answer, int64_t deadline)
{
	int fd = door_ask_and_watch(request, answer, deadline);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}
