/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unix/fd-passing.h"
#include "unix/sd-notify.h"

static int
connect_notify(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = path != NULL ? strlen(path) : 0;
	int fd;

	if (len == 0 || len >= sizeof(address.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(address.sun_path, path, len);
	/* "@" stands for the NUL that begins an abstract name; none ends it. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&address,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					len)) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int
notify_send(const char *path, const char *text, int fd)
{
	int rc, to = connect_notify(path);

	if (to == -1)
		return -1;
	rc = pass_send(to, text, strlen(text), &fd, fd == -1 ? 0 : 1);
	close(to);
	return rc;
}

void
notify_ready(void)
{
	notify_send(getenv("NOTIFY_SOCKET"), "READY=1", -1);
}
