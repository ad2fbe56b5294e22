/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gadget/attr.h"
#include "unix/privileges.h"

/* What the child sends back. It is small enough for an empty pipe to take it in
 * one write(2). */
struct reply {
	int error; /* errno, or 0 */
	char value[ATTR_MAX];
};

/* The child. It writes value, or reads if value is NULL. */
static void __attribute__((noreturn))
access_attribute(int attr, int back, const char *value)
{
	static struct reply reply;
	size_t done = offsetof(struct reply, value);
	ssize_t n;

	if (dup2(attr, 0) == -1 || dup2(back, 1) == -1)
		_exit(1);
	close(2);
	close_from(3);
	if (value != NULL)
		n = write(0, value, strlen(value));
	else
		n = read(0, reply.value, sizeof(reply.value));
	if (n == -1)
		reply.error = errno;
	else if (value == NULL)
		done += n;
	else if ((size_t)n != strlen(value))
		reply.error = EIO;
	_exit(write(1, &reply, done) != (ssize_t)done);
}

/* Returns the length of the value that the child has read. */
static ssize_t
receive(int fd, struct reply *reply, int ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	size_t head = offsetof(struct reply, value), len = 0;
	ssize_t n;

	do {
		n = poll(&pfd, 1, ms);
		if (n == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (n == 1)
			n = read(fd, (char *)reply + len, sizeof(*reply) - len);
		if (n > 0)
			len += n;
	} while (
	    (n > 0 && len < sizeof(*reply)) || (n == -1 && errno == EINTR));
	if (n == -1)
		return -1;
	if (len < head || reply->error != 0) {
		errno = len < head ? EIO : reply->error;
		return -1;
	}
	return (ssize_t)(len - head);
}

/* Returns as receive(). */
static ssize_t
delegate(int attr, const char *value, struct reply *reply, int ms)
{
	ssize_t len = -1;
	int fds[2], saved;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	child = fork();
	if (child == 0)
		access_attribute(attr, fds[1], value);
	saved = errno;
	close(fds[1]);
	errno = saved;
	if (child == -1)
		goto out;
	len = receive(fds[0], reply, ms);
	saved = errno;
	if (len == -1)
		kill(child, SIGKILL);
	/* Do not wait for a child that is stuck in the kernel: init reaps it
	 * after our end. */
	waitpid(child, NULL, len == -1 && saved == ETIMEDOUT ? WNOHANG : 0);
	errno = saved;
out:
	saved = errno;
	close(fds[0]);
	errno = saved;
	return len;
}

int
attr_read(int dir, const char *path, char *buf, size_t size, int ms)
{
	struct reply reply;
	int fd, saved;
	ssize_t len;

	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (ms == ATTR_FOREVER)
		len = read(fd, reply.value, sizeof(reply.value));
	else
		len = delegate(fd, NULL, &reply, ms);
	saved = errno;
	close(fd);
	errno = saved;
	if (len == -1)
		return -1;
	if (len > 0 && reply.value[len - 1] == '\n')
		len--;
	if ((size_t)len >= size) {
		errno = EOVERFLOW;
		return -1;
	}
	memcpy(buf, reply.value, len);
	buf[len] = '\0';
	return 0;
}

int
attr_write(int dir, const char *path, const char *value, int ms)
{
	char line[ATTR_MAX];
	struct reply reply;
	int fd, saved;
	ssize_t len, size;

	size = len = snprintf(line, sizeof(line), "%s\n", value);
	if (len >= ATTR_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = openat(dir, path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (ms == ATTR_FOREVER)
		len = write(fd, line, (size_t)size);
	else
		len = delegate(fd, line, &reply, ms);
	if (ms == ATTR_FOREVER && len != -1 && len != size) {
		errno = EIO;
		len = -1;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return len == -1 ? -1 : 0;
}
