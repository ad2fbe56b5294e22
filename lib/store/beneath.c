/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "store/beneath.h"

/* O_NONBLOCK: a FIFO would wait here for a writer. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)

/* Even `sub/name` is refused: a user who moves `sub` away must not change what
 * the caller removes afterwards. */
static bool
is_one_name(const char *name)
{
	return *name != '\0' && strchr(name, '/') == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int
open_name(int box, const char *name)
{
	/* On 32 bits, open(2) adds O_LARGEFILE, but a plain syscall does
	 * not. */
	struct open_how how = {.flags = FLAGS | O_LARGEFILE,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV |
		       RESOLVE_NO_MAGICLINKS};
	struct stat st, at;
	int fd;

	fd = (int)syscall(SYS_openat2, box, name, &how, sizeof(how));
	/* Linux 5.6 has openat2(2); containers may refuse unknown calls. */
	if (fd != -1 || (errno != ENOSYS && errno != EPERM))
		return fd;
	fd = openat(box, name, FLAGS);
	if (fd != -1 && fstat(fd, &st) == 0 && fstat(box, &at) == 0 &&
	    st.st_dev == at.st_dev)
		return fd;
	if (fd != -1) {
		close(fd);
		errno = EXDEV;
	}
	return -1;
}

static int
fail_to_open(const char *shown, struct failure *why)
{
	switch (errno) {
	case ENOENT:
	case ENAMETOOLONG:
		return fail_errno(
		    why, EX_NOINPUT, "unable to import %s", shown);
	case ELOOP:
		return fail(why, EX_NOPERM,
		    "unable to import %s: it is a symbolic link", shown);
	case EXDEV:
		return fail(why, EX_NOPERM,
		    "unable to import %s: it is on another file system", shown);
	case ENXIO: /* a socket, or a device without a driver */
	case ENODEV:
		return fail(why, EX_NOPERM,
		    "unable to import %s: it is not a regular file", shown);
	case EACCES:
	case EPERM:
		return fail_errno(why, EX_NOPERM, "unable to import %s", shown);
	case EAGAIN:
		return fail(why, EX_TEMPFAIL,
		    "unable to import %s: another program has a lease on it; "
		    "try again when it has ended",
		    shown);
	default:
		return fail_errno(why, EX_IOERR, "unable to import %s", shown);
	}
}

/* Is this a regular file with one link? Returns 0, or -1 with the failure. */
static int
check_file(int fd, const char *shown, struct failure *why)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "unable to import %s", shown);
	if (!S_ISREG(st.st_mode))
		return fail(why, EX_NOPERM,
		    "unable to import %s: it is not a regular file", shown);
	/* The file may be a hard link to one that the user may not read. */
	if (st.st_nlink != 1)
		return fail(why, EX_NOPERM,
		    "unable to import %s: it has %ju links and must have one",
		    shown, (uintmax_t)st.st_nlink);
	return 0;
}

int
open_beneath(
    const char *path, const char *name, const char *shown, struct failure *why)
{
	int box, fd;

	if (!is_one_name(name))
		return fail(why, EX_NOPERM,
		    "unable to import %s: give the name of a file in %s, "
		    "without a directory",
		    shown, path);
	box = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (box == -1)
		return fail_errno(why, EX_NOINPUT, "unable to open %s", path);
	fd = open_name(box, name);
	if (fd == -1)
		fail_to_open(shown, why);
	close(box);
	if (fd != -1 && check_file(fd, shown, why) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}
