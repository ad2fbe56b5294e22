/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unix/activation.h"
#include "unix/fd-store.h"
#include "unix/sd-notify.h"

#define BUSY_MS	  5000 /* systemd answers in a few milliseconds */
#define LINE_SIZE 128

/* Find the next passed descriptor and its name. Returns the length of the name,
 * or 0 after the last one. (systemd calls a descriptor without a name
 * "unknown".) */
static size_t
next_name(const char **names, int *fd)
{
	size_t len;

	if (*fd == -1) {
		*names = getenv("LISTEN_FDNAMES");
		*fd = ACTIVATION_FD;
	} else {
		len = strcspn(*names, ":");
		*names += len + ((*names)[len] == ':' ? 1 : 0);
		++*fd;
	}
	if (*names == NULL || *fd - ACTIVATION_FD >= activation_count())
		return 0;
	return strcspn(*names, ":");
}

static bool
is_name(const char *name, const char *at, size_t len)
{
	return strlen(name) == len && strncmp(name, at, len) == 0;
}

int
fd_store_take(const char *name)
{
	const char *at;
	size_t len;
	int fd = -1;

	while ((len = next_name(&at, &fd)) > 0)
		if (is_name(name, at, len))
			return fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ? -1 : fd;
	return -1;
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

	/* Without FDPOLL=0, systemd drops it when poll(2) reports an error. */
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

void
fd_store_drop_others(const char *const names[], size_t count)
{
	const char *at;
	char name[LINE_SIZE / 2];
	size_t len, i;
	int fd = -1;

	while ((len = next_name(&at, &fd)) > 0) {
		for (i = 0; i < count && !is_name(names[i], at, len); i++)
			continue;
		if (i < count || len >= sizeof(name))
			continue;
		close(fd);
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		fd_store_drop(name);
	}
}

/* Like sd_notify_barrier(3): systemd closes the passed descriptor when it has
 * handled all earlier messages. */
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
