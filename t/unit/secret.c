/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "base/secret.h"

static char *
line_of(const char *data, size_t len)
{
	int fd = secret_to_fd(data, len);
	char *line = secret_read_line(fd);

	close(fd);
	return line;
}

static void
test_line(void)
{
	char *line = line_of("pass word\nmore", 14);

	CHECK(line != NULL && strcmp(line, "pass word") == 0);
	secret_free(line);
	line = line_of("", 0);
	CHECK(line != NULL && *line == '\0');
	secret_free(line);
	CHECK(line_of("a\0b\n", 4) == NULL && errno == EINVAL);
}

static void
test_bounds(void)
{
	size_t len = SECRET_MAX + 8192, got = 0;
	char *big = calloc(1, len), *secret;
	int fd;

	memset(big, 'x', len);
	fd = secret_to_fd(big, 100000);
	secret = secret_read(fd, &got);
	CHECK(secret != NULL && got == 100000 && secret[got] == '\0' &&
	      memcmp(secret, big, got) == 0);
	secret_free(secret);
	close(fd);
	fd = secret_to_fd(big, len);
	CHECK(secret_read(fd, &got) == NULL && errno == EFBIG);
	close(fd);
	free(big);
	CHECK(secret_read(-1, &got) == NULL && errno == EBADF);
	secret_free(NULL);
}

int
main(void)
{
	test_line();
	test_bounds();
	return check_status();
}
