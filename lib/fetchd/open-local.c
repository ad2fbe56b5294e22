/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "fetchd/nbdkit-argv.h"
#include "fetchd/open-local.h"

/* The exit status for a file that can't be opened. */
static int
status_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return EX_NOINPUT;
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	default:
		return EX_IOERR;
	}
}

/* Open one name in dir without following a symbolic link. Closes dir. */
static int
step(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC);
	int saved = errno;

	close(dir);
	errno = saved;
	return fd;
}

/* Without openat2(2), open each name of the path, to follow no link. */
static int
open_by_steps(const char *path, int flags)
{
	const int step_flags = O_PATH | O_DIRECTORY;
	char copy[PATH_MAX], *name = copy, *slash;
	int fd;

	if (strlen(path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(copy, path);
	fd = open(*path == '/' ? "/" : ".", step_flags | O_CLOEXEC);
	while (fd != -1 && (slash = strchr(name, '/')) != NULL) {
		*slash = '\0';
		if (*name != '\0')
			fd = step(fd, name, step_flags);
		name = slash + 1;
	}
	return fd == -1 ? -1 : step(fd, *name != '\0' ? name : ".", flags);
}

static int
open_path(const char *path, int flags, bool no_links)
{
	/* open(2) adds O_LARGEFILE by itself on 32 bits; a syscall does not. */
	struct open_how how = {.flags = (unsigned)(flags | O_LARGEFILE),
	    .resolve = RESOLVE_NO_SYMLINKS};
	int fd;

	if (!no_links)
		return open(path, flags);
	fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	/* openat2(2) needs Linux 5.6, and a container may refuse it. */
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_steps(path, flags);
	return fd;
}

int
open_local_image(const char *path, const char *shown, bool writable,
    bool no_links, struct failure *why)
{
	/* O_NONBLOCK: a FIFO would wait here for its other end. */
	int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
	int fd = open_path(path, flags, no_links);
	struct stat st;

	if (fd == -1 && errno != EISDIR)
		return fail_errno(
		    why, status_of(errno), "unable to open %s", shown);
	if (fd != -1 && fstat(fd, &st) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return nbdkit_inherit(fd, why);
	if (fd != -1)
		close(fd);
	return fail(why, EX_DATAERR,
	    "unable to open %s: it is neither a file nor a block device",
	    shown);
}

int
open_local_overlay(const char *path, bool *made, struct failure *why)
{
	int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, flags | O_CREAT | O_EXCL, 0600);

	*made = fd != -1;
	if (fd == -1 && errno == EEXIST)
		fd = open(path, flags);
	if (fd == -1)
		return fail_errno(
		    why, EX_CANTCREAT, "unable to open overlay %s", path);
	return nbdkit_inherit(fd, why);
}
