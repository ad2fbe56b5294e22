/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "nbd/read-export.h"
#include "netboot/boot-file.h"
#include "unix/socket.h"

#define NBD_SECONDS 10 /* longest wait in the handshake or within an answer */

/* --- opening -------------------------------------------------------------- */

/* Close the file, and keep errno. Returns -1. */
static int
close_failed(struct boot_file *f)
{
	int saved = errno;

	boot_file_close(f);
	errno = saved;
	return -1;
}

/* Returns 0, or -1 with errno. */
static int
open_file(int directory, const char *name, struct boot_file *f)
{
	off_t size;

	f->fd = openat(directory, name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (f->fd == -1)
		return -1;
	size = lseek(f->fd, 0, SEEK_END);
	if (size == -1)
		return close_failed(f);
	f->size = (uint64_t)size;
	return 0;
}

/* Returns 0, or -1 with errno. */
static int
open_nbd(int directory, const char *name, struct boot_file *f)
{
	const struct timeval limit = {NBD_SECONDS, 0};

	if (fchdir(directory) == -1)
		return -1;
	f->is_nbd = true;
	f->fd = connect_unix(name);
	if (f->fd != -1) {
		setsockopt(
		    f->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		if (read_export_begin(f->fd, &f->size) == 0)
			return 0;
	}
	if (errno == EAGAIN)
		errno = ETIMEDOUT;
	return close_failed(f);
}

/* Is there at least a link, although its target is missing now? */
static bool
is_there(int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
boot_file_open(int directory, const char *machine, const char *name,
    struct boot_file *f, struct failure *why)
{
	int opened = -1;
	struct stat st;

	*f = (struct boot_file){.fd = -1};
	snprintf(f->shown, sizeof(f->shown), "%s/files/%s", machine, name);
	if (directory == -1)
		return 404;
	if (fstatat(directory, name, &st, 0) == 0) {
		if (S_ISSOCK(st.st_mode))
			opened = open_nbd(directory, name, f);
		else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
			opened = open_file(directory, name, f);
		else
			return 404;
	} else if (errno == ENOENT && !is_there(directory, name)) {
		return 404;
	}
	if (opened == -1) {
		fail_errno(why, EX_UNAVAILABLE, "unable to open %s", f->shown);
		return 503;
	}
	return 0;
}

void
boot_file_set_text(struct boot_file *f, const char *text)
{
	*f = (struct boot_file){.fd = -1, .text = text, .size = strlen(text)};
}

void
boot_file_close(struct boot_file *f)
{
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
}

/* --- reading -------------------------------------------------------------- */

static int
read_file(int fd, char *buf, size_t len, uint64_t off)
{
	ssize_t n;

	for (; len > 0; buf += n, len -= (size_t)n, off += (uint64_t)n) {
		do
			n = pread(fd, buf, len, (off_t)off);
		while (n == -1 && errno == EINTR);
		if (n == 0)
			errno = ENODATA;
		if (n <= 0)
			return -1;
	}
	return 0;
}

/* The NBD server may have to fetch the data from far away, so watch whether the
 * client gives up. The client is a web server that has sent its whole request:
 * it closes the connection only if its own client has gone. */
static int
wait_for_answer(int server, int client)
{
	struct pollfd p[2] = {{.fd = server, .events = POLLIN},
	    {.fd = client, .events = POLLRDHUP}};

	for (;;) {
		if (poll(p, 2, -1) == -1) {
			if (errno != EINTR)
				return -1;
		} else if (p[1].revents != 0) {
			errno = ECANCELED;
			return -1;
		} else {
			return 0;
		}
	}
}

static int
read_nbd(int server, int client, void *buf, size_t len, uint64_t off)
{
	uint64_t cookie;

	if (read_export_request(server, off, len, off) == -1 ||
	    wait_for_answer(server, client) == -1 ||
	    read_export_answer(server, &cookie) == -1)
		return -1;
	if (cookie != off) {
		errno = EPROTO;
		return -1;
	}
	return read_export_bytes(server, buf, len);
}

int
boot_file_read(
    const struct boot_file *f, int client, void *buf, size_t len, uint64_t off)
{
	if (f->is_nbd) {
		if (read_nbd(f->fd, client, buf, len, off) == 0)
			return 0;
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		return -1;
	}
	if (f->text == NULL)
		return read_file(f->fd, buf, len, off);
	memcpy(buf, f->text + off, len);
	return 0;
}
