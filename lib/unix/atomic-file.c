/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unix/atomic-file.h"

int
replace_file(const char *path, const char *text, size_t len)
{
	char other[PATH_MAX];
	int fd, saved, used;

	used = snprintf(other, sizeof(other), "%s.new", path);
	if (used < 0 || (size_t)used >= sizeof(other)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	/* Don't follow a symbolic link that somebody put there. */
	if (unlink(other) == -1 && errno != ENOENT)
		return -1;
	fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	used = dprintf(fd, "%.*s\n", (int)len, text);
	if (close(fd) == 0 && used == (int)len + 1 && rename(other, path) == 0)
		return 0;
	saved = used == -1 || (size_t)used == len + 1 ? errno : ENOSPC;
	unlink(other);
	errno = saved;
	return -1;
}
