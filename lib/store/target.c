/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <linux/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "store/target.h"

/* When a window is full, the kernel begins to write it to the disk, and the
 * window before leaves the page cache: dirty pages do not pile up until
 * fsync(2). */
#define WINDOW (8u << 20)
#define SECTOR 512 /* bytes; BLKZEROOUT takes only whole sectors */
#define ZEROS  65536

static int
fail_to_write(const struct target *t, struct failure *why)
{
	bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

	return fail_errno(why, is_full ? EX_CANTCREAT : EX_IOERR,
	    "unable to write %s", t->shown);
}

static int
fail_to_open(const struct target *t, struct failure *why)
{
	bool is_broken = errno == EIO || errno == EROFS;

	return fail_errno(why, is_broken ? EX_IOERR : EX_CANTCREAT,
	    "unable to open %s", t->shown);
}

static int
open_device(struct target *t, bool resume, struct failure *why)
{
	off_t size;

	t->is_device = true;
	if (resume)
		return fail(why, EX_USAGE,
		    "unable to go on with %s: it is a block device; omit -r",
		    t->shown);
	/* O_EXCL: fail if it is mounted or part of another device. */
	t->fd = open(t->path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (t->fd == -1)
		return fail_to_open(t, why);
	size = lseek(t->fd, 0, SEEK_END);
	if (size == -1 || lseek(t->fd, 0, SEEK_SET) == -1)
		return fail_errno(
		    why, EX_IOERR, "unable to get the size of %s", t->shown);
	t->size = (uint64_t)size;
	return 0;
}

static int
open_file(struct target *t, bool resume, struct failure *why)
{
	const int flags = O_RDWR | O_CLOEXEC;
	struct stat st;

	t->fd = open(t->path, flags | O_CREAT | O_EXCL, 0600);
	if (t->fd != -1) {
		t->made = true;
		return 0;
	}
	if (errno != EEXIST || !resume)
		return fail_to_open(t, why);
	t->fd = open(t->path, flags | O_NOFOLLOW | O_NONBLOCK);
	if (t->fd == -1 || fstat(t->fd, &st) == -1)
		return fail_to_open(t, why);
	if (!S_ISREG(st.st_mode))
		return fail(why, EX_CANTCREAT,
		    "unable to go on with %s: it is not a regular file",
		    t->shown);
	t->size = (uint64_t)st.st_size;
	return 0;
}

int
target_open(struct target *t, const char *path, const char *shown, bool resume,
    struct failure *why)
{
	struct stat st;
	int failed;

	*t = (struct target){.fd = -1, .path = path, .shown = shown};
	failed = stat(path, &st) == 0 && S_ISBLK(st.st_mode)
		     ? open_device(t, resume, why)
		     : open_file(t, resume, why);
	if (failed == -1)
		target_close(t);
	return failed;
}

bool
target_is_file(const struct target *t, const struct stat *file)
{
	struct stat st;

	return fstat(t->fd, &st) == 0 && st.st_dev == file->st_dev &&
	       st.st_ino == file->st_ino;
}

int
target_clone(struct target *t, int from)
{
	return t->is_device || t->size > 0 ? -1 : ioctl(t->fd, FICLONE, from);
}

/* If blocks cannot be reserved: are enough free for the bytes still to come? */
static bool
has_room(const struct target *t, uint64_t size)
{
	struct statvfs room;

	return size <= t->size || fstatvfs(t->fd, &room) == -1 ||
	       (size - t->size) / room.f_frsize <= room.f_bavail;
}

int
target_reserve(struct target *t, uint64_t size, struct failure *why)
{
	if (t->is_device && size > t->size)
		return fail(why, EX_CANTCREAT,
		    "unable to write %s: it has %ju bytes, and %ju are to come",
		    t->shown, (uintmax_t)t->size, (uintmax_t)size);
	if (t->is_device || size == 0 ||
	    fallocate(t->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0)
		return 0;
	if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG) {
		if (has_room(t, size))
			return 0;
		errno = ENOSPC;
	}
	return fail_to_write(t, why);
}

int
target_continue(struct target *t, uint64_t at, struct failure *why)
{
	if (ftruncate(t->fd, (off_t)at) == -1)
		return fail_to_write(t, why);
	t->at = t->started = t->waited = at;
	return 0;
}

/* If a window is full, start writing it to the disk; wait until the window
 * before is written, and drop that one from the page cache. */
static int
write_behind(struct target *t)
{
	const unsigned wait = SYNC_FILE_RANGE_WAIT_BEFORE |
			      SYNC_FILE_RANGE_WRITE |
			      SYNC_FILE_RANGE_WAIT_AFTER;
	off_t started = (off_t)t->started, waited = (off_t)t->waited;

	if (t->at - t->started < WINDOW)
		return 0;
	if (sync_file_range(t->fd, started, (off_t)t->at - started,
		SYNC_FILE_RANGE_WRITE) == -1 ||
	    (started > waited &&
		sync_file_range(t->fd, waited, started - waited, wait) == -1)) {
		/* This is only a hint, but these errors mean that writing
		 * failed. */
		if (errno == EIO || errno == ENOSPC || errno == EDQUOT)
			return -1;
	}
	if (started > waited)
		posix_fadvise(
		    t->fd, waited, started - waited, POSIX_FADV_DONTNEED);
	t->waited = t->started;
	t->started = t->at;
	return 0;
}

static int
write_fully(struct target *t, const unsigned char *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pwrite(t->fd, buf + done, len - done, (off_t)t->at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC; /* the end of a device */
		if (n <= 0)
			return -1;
		done += (size_t)n;
		t->at += (uint64_t)n;
	}
	return write_behind(t);
}

int
target_write(struct target *t, const void *buf, size_t len, struct failure *why)
{
	return write_fully(t, buf, len) == 0 ? 0 : fail_to_write(t, why);
}

static int
write_zeros(struct target *t, uint64_t end)
{
	/* Not const: the zeros would be part of the program's file. */
	static unsigned char zeros[ZEROS];
	uint64_t rest;

	while ((rest = end - t->at) > 0)
		if (write_fully(
			t, zeros, rest < ZEROS ? (size_t)rest : ZEROS) == -1)
			return -1;
	return 0;
}

/* Fill the rest with zeros: the blocks may have data of an earlier owner. */
static int
clear_tail(struct target *t)
{
	uint64_t range[2], aligned = (t->at + SECTOR - 1) / SECTOR * SECTOR;

	if (aligned > t->size)
		aligned = t->size;
	if (write_zeros(t, aligned) == -1)
		return -1;
	range[0] = t->at;
	range[1] = t->size - t->at;
	if (range[1] == 0 || ioctl(t->fd, BLKZEROOUT, range) == 0)
		return 0;
	return write_zeros(t, t->size);
}

/* The file's name must be on the disk, too. */
static int
sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd, failed;

	if (strlen(path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(copy, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	failed = fsync(fd);
	close(fd);
	return failed;
}

int
target_finish(struct target *t, struct failure *why)
{
	if ((t->is_device && clear_tail(t) == -1) || fsync(t->fd) == -1 ||
	    (t->made && sync_directory(t->path) == -1))
		return fail_to_write(t, why);
	return 0;
}

void
target_close(struct target *t)
{
	if (t->fd != -1)
		close(t->fd);
	t->fd = -1;
}
