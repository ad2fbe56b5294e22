/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

char *
secret_read(int fd, size_t *len)
{
	size_t room = 4096, used = 0;
	char *buf, *bigger;
	ssize_t n;
	int saved;

	buf = malloc(room + 1);
	if (buf == NULL)
		return NULL;
	while ((n = read(fd, buf + used, room - used)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			goto fail;
		used += n;
		if (used > SECRET_MAX) {
			errno = EFBIG;
			goto fail;
		}
		if (used < room)
			continue;
		/* realloc(3) would leave a copy in freed memory. */
		bigger = malloc(2 * room + 1);
		if (bigger == NULL)
			goto fail;
		memcpy(bigger, buf, used);
		explicit_bzero(buf, used);
		free(buf);
		buf = bigger;
		room *= 2;
	}
	buf[used] = '\0';
	if (len != NULL)
		*len = used;
	return buf;
fail:
	saved = errno;
	explicit_bzero(buf, used);
	free(buf);
	errno = saved;
	return NULL;
}

char *
secret_read_line(int fd)
{
	size_t len, end;
	char *secret;

	secret = secret_read(fd, &len);
	if (secret == NULL)
		return NULL;
	end = strcspn(secret, "\n");
	if (secret[end] == '\0' && end != len) {
		explicit_bzero(secret, len);
		free(secret);
		errno = EINVAL;
		return NULL;
	}
	/* A line from Windows ends with \r\n. */
	if (end > 0 && secret[end - 1] == '\r')
		end--;
	explicit_bzero(secret + end, len - end);
	return secret;
}

int
secret_to_fd(const char *data, size_t len)
{
	size_t done = 0;
	ssize_t n;
	int fd, saved;

	fd = memfd_create("secret", 0);
	if (fd == -1)
		return -1;
	while (done < len) {
		n = write(fd, data + done, len - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			goto fail;
		done += n;
	}
	if (lseek(fd, 0, SEEK_SET) == -1)
		goto fail;
	return fd;
fail:
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

void
secret_free(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
