/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"
#include "fetchd/spool.h"

static char chosen[PATH_MAX];	   /* the directory; "": not chosen */
static uint64_t most = UINT64_MAX; /* bytes; spool_limit() sets it */

int
spool_choose(const char *directory, struct failure *why)
{
	if (strlen(directory) >= sizeof(chosen))
		return fail(why, EX_USAGE,
		    "unable to use spool=: the path is too long");
	strcpy(chosen, directory);
	return 0;
}

int
spool_limit(const char *bytes, struct failure *why)
{
	if (number_parse(bytes, 0, INT64_MAX, &most) == -1)
		return fail(why, EX_USAGE,
		    "unable to use spool-max=%s: not a number of bytes", bytes);
	return 0;
}

const char *
spool_directory(void)
{
	const char *dir = *chosen != '\0' ? chosen : getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/var/tmp";
}

int
spool_open(struct failure *why)
{
	const char *dir = spool_directory();
	char path[PATH_MAX];
	int fd;

	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		snprintf(path, sizeof(path), "%s/vm-fetchd.XXXXXX", dir);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd != -1)
			unlink(path);
	}
	if (fd == -1)
		return fail_errno(
		    why, EX_CANTCREAT, "unable to make a file in %s", dir);
	return fd;
}

uint64_t
spool_room(int fd)
{
	struct statvfs fs;
	uint64_t room;

	if (fstatvfs(fd, &fs) == -1)
		return most;
	room = (uint64_t)fs.f_bavail * fs.f_frsize / 4 * 3;
	return room < most ? room : most;
}
