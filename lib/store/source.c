/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "nbd/read-export.h"
#include "store/beneath.h"
#include "store/source.h"
#include "store/writers.h"
#include "unix/socket.h"

#define NBD	   "nbd:"
#define DROP_BYTES (8u << 20) /* bytes read before they leave the page cache */

static int
fail_busy(const struct source *s, struct failure *why)
{
	return fail(why, EX_TEMPFAIL,
	    "unable to import %s: it is still being written; try again when "
	    "the upload has ended",
	    s->shown);
}

static int
fail_nbd(const struct source *s, struct failure *why)
{
	if (errno == EPIPE || errno == ECONNRESET)
		return fail(why, EX_PROTOCOL,
		    "unable to read %s: the NBD server closed the connection",
		    s->shown);
	if (errno == EPROTO)
		return fail(why, EX_PROTOCOL,
		    "unable to read %s: it does not answer as an NBD server",
		    s->shown);
	return fail_errno(why, EX_PROTOCOL, "unable to read %s", s->shown);
}

static int
open_nbd(struct source *s, const char *path, struct failure *why)
{
	s->kind = SOURCE_NBD;
	s->fd = connect_unix(path);
	if (s->fd == -1)
		return fail_errno(
		    why, EX_PROTOCOL, "unable to connect to %s", s->shown);
	if (read_export_begin(s->fd, &s->size) == -1)
		return fail_nbd(s, why);
	if (s->size > INT64_MAX)
		return fail(why, EX_PROTOCOL,
		    "unable to read %s: its size is impossible", s->shown);
	return 0;
}

/* Get the kind and the size of the open file. */
static int
take_file(struct source *s, struct failure *why)
{
	off_t size;

	if (fstat(s->fd, &s->first) == -1)
		return fail_errno(
		    why, EX_IOERR, "unable to import %s", s->shown);
	s->kind = S_ISBLK(s->first.st_mode) ? SOURCE_DEVICE : SOURCE_FILE;
	if (s->kind == SOURCE_FILE && !S_ISREG(s->first.st_mode))
		return fail(why, EX_NOPERM,
		    "unable to import %s: it is neither a regular file nor a "
		    "block device",
		    s->shown);
	size = s->kind == SOURCE_DEVICE ? lseek(s->fd, 0, SEEK_END)
					: s->first.st_size;
	if (size == -1)
		return fail_errno(
		    why, EX_IOERR, "unable to get the size of %s", s->shown);
	s->size = (uint64_t)size;
	return 0;
}

static int
open_file(struct source *s, const char *path, struct failure *why)
{
	int status = EX_IOERR;

	/* O_NONBLOCK: a FIFO would wait here for a writer. */
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (s->fd != -1)
		return take_file(s, why);
	if (errno == ENOENT || errno == ENOTDIR)
		status = EX_NOINPUT;
	else if (errno == EACCES || errno == EPERM || errno == ENXIO)
		status = EX_NOPERM;
	return fail_errno(why, status, "unable to open %s", s->shown);
}

int
source_open(
    struct source *s, const char *from, const char *shown, struct failure *why)
{
	int failed = 0;

	*s = (struct source){.fd = -1, .lease = -1, .shown = shown};
	if (strcmp(from, "-") == 0) {
		s->kind = SOURCE_STREAM;
		s->fd = STDIN_FILENO;
		s->size = SOURCE_UNKNOWN;
	} else if (strncmp(from, NBD, strlen(NBD)) == 0) {
		failed = open_nbd(s, from + strlen(NBD), why);
	} else {
		failed = open_file(s, from, why);
	}
	if (failed == -1)
		source_close(s);
	return failed;
}

/* Check that nobody writes to the file, and get its kind and size. */
static int
settle(struct source *s, unsigned quiet, struct failure *why)
{
	if (writers_keep_out(s->fd) == 0)
		s->lease = s->fd;
	else if (errno == EAGAIN)
		return fail_busy(s, why);
	/* Before the wait, so that source_check() finds changes from now on. */
	if (take_file(s, why) == -1)
		return -1;
	if (s->lease != -1 || writers_wait_quiet(s->fd, quiet) == 0)
		return 0;
	if (errno == EAGAIN)
		return fail_busy(s, why);
	return fail_errno(why, EX_IOERR, "unable to import %s", s->shown);
}

int
source_open_beneath(struct source *s, const char *box, const char *name,
    const char *shown, unsigned quiet, struct failure *why)
{
	*s = (struct source){.lease = -1, .shown = shown};
	s->fd = open_beneath(box, name, shown, why);
	if (s->fd == -1)
		return -1;
	if (settle(s, quiet, why) == 0)
		return 0;
	source_close(s);
	return -1;
}

int
source_begin(struct source *s, uint64_t at, struct failure *why)
{
	s->at = s->dropped = at;
	if (s->kind == SOURCE_NBD &&
	    export_stream_begin(&s->nbd, s->fd, at, s->size) == -1)
		return fail_errno(why, EX_OSERR, "unable to read %s", s->shown);
	if (s->kind == SOURCE_FILE || s->kind == SOURCE_DEVICE)
		posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

/* Read until len bytes have come, or the source ends. */
static ssize_t
read_fully(struct source *s, unsigned char *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = s->kind == SOURCE_STREAM
			? read(s->fd, buf + done, len - done)
			: pread(s->fd, buf + done, len - done,
			      (off_t)(s->at + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Leave the page cache to files that are read more than once. */
static void
drop_read(struct source *s)
{
	if (s->at - s->dropped < DROP_BYTES)
		return;
	posix_fadvise(s->fd, (off_t)s->dropped, (off_t)(s->at - s->dropped),
	    POSIX_FADV_DONTNEED);
	s->dropped = s->at;
}

ssize_t
source_read(struct source *s, void *buf, size_t len, struct failure *why)
{
	ssize_t n = s->kind == SOURCE_NBD
			? export_stream_read(&s->nbd, buf, len)
			: read_fully(s, buf, len);

	if (n == -1 && s->kind == SOURCE_NBD)
		return fail_nbd(s, why);
	if (n == -1)
		return fail_errno(why, EX_IOERR, "unable to read %s", s->shown);
	/* The writer waits for us, and its data would not be in this image. */
	if (s->lease != -1 && writers_came(s->lease))
		return fail_busy(s, why);
	s->at += (uint64_t)n;
	if (s->kind == SOURCE_FILE || s->kind == SOURCE_DEVICE)
		drop_read(s);
	return n;
}

static bool
is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int
source_check(struct source *s, struct failure *why)
{
	struct stat now;

	if (s->kind != SOURCE_FILE)
		return 0;
	if (fstat(s->fd, &now) == -1)
		return fail_errno(
		    why, EX_IOERR, "unable to import %s", s->shown);
	if (now.st_size == s->first.st_size &&
	    is_same_time(&now.st_mtim, &s->first.st_mtim) &&
	    is_same_time(&now.st_ctim, &s->first.st_ctim) &&
	    !(s->lease != -1 && writers_came(s->lease)))
		return 0;
	return fail(why, EX_TEMPFAIL,
	    "unable to import %s: it was changed meanwhile; try again when "
	    "nobody writes to it",
	    s->shown);
}

void
source_close(struct source *s)
{
	export_stream_end(&s->nbd);
	if (s->fd != -1 && s->kind != SOURCE_STREAM)
		close(s->fd);
	s->fd = -1;
}
