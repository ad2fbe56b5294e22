/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unix/fd-store.h"
#include "unix/sd-notify.h"

#define FIRST_FD  3    /* sd_listen_fds(3) */
#define BUSY_MS	  5000 /* systemd answers in some milliseconds */
#define LINE_SIZE 128

int
fd_store_take(const char *name)
{
	const char *pid = getenv("LISTEN_PID"),
		   *names = getenv("LISTEN_FDNAMES");
	size_t len;
	int fd = FIRST_FD;

	if (pid == NULL || names == NULL || atol(pid) != (long)getpid())
		return -1;
	for (;; names += len + 1, fd++) {
		len = strcspn(names, ":");
		if (len == strlen(name) && strncmp(names, name, len) == 0)
			break;
		if (names[len] == '\0')
			return -1;
	}
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ? -1 : fd;
}

static int
ask(const char *text, int fd)
{
	return notify_send(getenv("NOTIFY_SOCKET"), text, fd);
}

void
fd_store_put(const char *name, int fd)
{
	char line[LINE_SIZE];

	/* Without FDPOLL=0, systemd drops what poll(2) tells an error of. */
	snprintf(line, sizeof(line), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	ask(line, fd);
}

void
fd_store_drop(const char *name)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof(line), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	ask(line, -1);
}

/* As sd_notify_barrier(3): systemd closes what comes with it, after all before it. */
void
fd_store_wait(void)
{
	int ends[2], rc;
	struct pollfd p;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return;
	rc = ask("BARRIER=1", ends[1]);
	close(ends[1]);
	p = (struct pollfd){ends[0], POLLIN, 0};
	if (rc == 0)
		poll(&p, 1, BUSY_MS);
	close(ends[0]);
}
