/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/mark.h"
#include "upload/receive.h"

#define TAKE_OVER_MS 20000 /* a writer may be inside a slow write(2) */
#define CHUNK	     65536
#define BEHIND	     (4U << 20)	 /* bytes in memory before they are written */
#define SURE	     (16U << 20) /* most bytes that may have to be sent again */

/* --- the lock ------------------------------------------------------------- */

/* A lock of the whole file (fcntl(2)), which ends with its process. */
static struct flock
whole(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* The process that has the lock; 0: nobody. */
static pid_t
holder_of(int fd)
{
	struct flock lock = whole();

	return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK
		   ? lock.l_pid
		   : 0;
}

/* End the process that has the lock, and wait for its end. */
static void
end_holder(int fd, int64_t deadline)
{
	pid_t pid = holder_of(fd);
	struct pollfd p = {.fd = -1, .events = POLLIN};
	int64_t left;

	if (pid > 0)
		p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	/* The holder may have ended, and another process may have its PID. */
	if (p.fd != -1 && holder_of(fd) == pid) {
		syscall(SYS_pidfd_send_signal, p.fd, SIGTERM, NULL, 0);
		left = deadline - clock_ms();
		poll(&p, 1, left > 0 ? (int)left : 0);
	} else {
		clock_sleep_ms(10);
	}
	if (p.fd != -1)
		close(p.fd);
}

static bool
take_over(int fd)
{
	int64_t deadline = clock_ms() + TAKE_OVER_MS;
	struct flock lock;

	for (;;) {
		lock = whole();
		if (fcntl(fd, F_SETLK, &lock) == 0)
			return true;
		if ((errno != EAGAIN && errno != EACCES) ||
		    clock_ms() >= deadline)
			return false;
		end_holder(fd, deadline);
	}
}

static bool
refuse_file(struct upload *u, const char *verb)
{
	const char *why = strerror(errno);

	warnx("unable to %s the upload %s: %s", verb, u->tus.id, why);
	return upload_refuse(u, 500, "unable to %s the upload: %s", verb, why);
}

/* --- the beginning -------------------------------------------------------- */

/*
 * The disk has failed, and the kernel reports that only once: the bytes after
 * `at` are in its memory, and will never be on the disk. They must not count
 * any more. Returns -1 with errno unchanged.
 */
static int
forget(struct upload_target *t, uint64_t at)
{
	int why = errno;

	if (at >= t->offset)
		return -1;
	if (ftruncate(t->data, (off_t)at) == -1 &&
	    (mark_clear(t->mark) == -1 ||
		mark_set(t->mark, at, MARK_CHECKSUM) == -1))
		warn("unable to cut back the upload %s", t->id);
	t->offset = at;
	errno = why;
	return -1;
}

/* Cut off the bytes that do not count, and write the others to the disk.
 * Returns 0, or -1 with errno. */
static int
settle(struct upload_target *t)
{
	const struct mark m = mark_read(t->mark);

	if (!m.is_set)
		return 0;
	if (m.at < t->offset && !m.has_rest) {
		if (ftruncate(t->data, (off_t)m.at) == -1)
			return -1;
		t->offset = m.at;
	}
	if (fdatasync(t->data) == -1)
		return forget(t, m.at);
	return mark_clear(t->mark);
}

bool
receive_begin(struct upload *u, struct upload_target *t)
{
	struct stat st;

	if (!take_over(t->data)) {
		u->retry_after = 5;
		return upload_refuse(
		    u, 503, "An older connection of this upload does not end.");
	}
	if (fstat(t->data, &st) == -1)
		return refuse_file(u, "read");
	t->offset = (uint64_t)st.st_size;
	if (settle(t) == -1)
		return refuse_file(u, "cut back");
	return true;
}

/* --- the body ------------------------------------------------------------- */

static int
write_at(struct upload_target *t, const char *bytes, size_t len)
{
	ssize_t n;

	for (; len > 0; bytes += n, len -= (size_t)n) {
		n = pwrite(t->data, bytes, len, (off_t)t->offset);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n == -1)
			n = 0;
		t->offset += (uint64_t)n;
	}
	return 0;
}

/* Was the upload removed meanwhile? */
static bool
is_gone(const struct upload_target *t)
{
	struct stat st;

	return fstat(t->data, &st) == 0 && st.st_nlink == 0;
}

/* Wait for bytes of the body, and read some. Returns their number, or 0 after
 * upload_refuse(). */
static size_t
read_some(struct upload *u, const struct upload_target *t, char *buf)
{
	struct pollfd p[2] = {
	    {.fd = u->in, .events = POLLIN}, {.fd = t->door, .events = POLLIN}};
	uint64_t left = u->http->length - u->taken;
	ssize_t n;
	int ready;

	do {
		ready = poll(p, 2, (int)u->idle * 1000);
		if (ready == 0)
			upload_refuse(u, 408,
			    "No byte has come for %u seconds.", u->idle);
		else if (ready > 0 && p[1].revents != 0)
			upload_refuse(
			    u, 503, "Your session has ended, or vm-door has.");
		if (ready == 0 || (ready > 0 && p[1].revents != 0))
			return 0;
		n = ready > 0 ? read(u->in, buf, left < CHUNK ? left : CHUNK)
			      : -1;
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0) {
		upload_refuse(u, 400, "The body has ended before its length.");
		return 0;
	}
	u->taken += (uint64_t)n;
	return (size_t)n;
}

/* How far a body is on its way to the disk, as offsets in `data`. */
struct flow {
	enum mark_form form;
	uint64_t started; /* the kernel writes the bytes before it */
	uint64_t sure;	  /* the mark says that those before it are there */
};

/* Let the disk write while the body arrives. Move the mark, too, unless the
 * body has a checksum: then the mark stays where the body begins. Returns 0, or
 * -1 with errno. */
static int
write_behind(struct upload_target *t, struct flow *f)
{
	if (t->offset - f->started >= BEHIND) {
		/* This is only a hint: fdatasync(2) reports a failure. */
		sync_file_range(t->data, (off_t)f->started,
		    (off_t)(t->offset - f->started), SYNC_FILE_RANGE_WRITE);
		f->started = t->offset;
	}
	if (f->form == MARK_CHECKSUM || t->offset - f->sure < SURE)
		return 0;
	if (fdatasync(t->data) == -1)
		return forget(t, f->sure);
	f->sure = t->offset;
	return mark_set(t->mark, t->offset, f->form);
}

static bool
receive_all(struct upload *u, struct upload_target *t, struct flow *f,
    struct tus_sum *sum)
{
	static char buf[CHUNK];
	size_t n;

	while (u->taken < u->http->length) {
		n = read_some(u, t, buf);
		if (n == 0)
			return false;
		if (is_gone(t))
			return upload_refuse(u, 410, "The upload was removed.");
		if (write_at(t, buf, n) == -1 || write_behind(t, f) == -1)
			return refuse_file(u, "write");
		if (sum != NULL)
			tus_sum_add(sum, buf, n);
	}
	return true;
}

/* Receive a body, and compare its checksum with the one that was sent. */
static bool
receive_checked(struct upload *u, struct upload_target *t, struct flow *f)
{
	struct tus_sum sum;

	tus_sum_begin(&sum, &u->tus.checksum);
	if (!receive_all(u, t, f, &sum))
		return false;
	if (!tus_sum_fits(&sum, &u->tus.checksum))
		return upload_refuse(
		    u, 460, "The body does not have its Upload-Checksum.");
	return true;
}

bool
receive_body(struct upload *u, struct upload_target *t)
{
	struct flow f = {MARK_MEMORY, t->offset, t->offset};
	bool is_whole;

	if (u->tus.checksum.algorithm != NULL)
		f.form = MARK_CHECKSUM;
	if (mark_set(t->mark, t->offset, f.form) == -1)
		return refuse_file(u, "write");
	is_whole = f.form == MARK_CHECKSUM ? receive_checked(u, t, &f)
					   : receive_all(u, t, &f, NULL);
	/* Without a checksum, the bytes of an incomplete body stay, and so does
	 * the mark. */
	if (!is_whole)
		return f.form == MARK_CHECKSUM && settle(t) == -1
			   ? refuse_file(u, "cut back")
			   : false;
	if (fdatasync(t->data) == -1)
		forget(t, f.sure);
	else if (mark_clear(t->mark) == 0)
		return true;
	return refuse_file(u, "write");
}
