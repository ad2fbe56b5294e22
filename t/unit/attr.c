/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gadget/attr.h"
#include "check.h"

static void
test_values(void)
{
	char name[] = "/tmp/attr.XXXXXX", buf[ATTR_MAX], longest[ATTR_MAX + 1];

	if (mkdtemp(name) == NULL || chdir(name) == -1) {
		CHECK(!"a directory");
		return;
	}
	CHECK(attr_read(AT_FDCWD, "ro", buf, sizeof(buf), 5000) == -1 &&
	      errno == ENOENT);
	close(open("ro", O_CREAT | O_WRONLY, 0600));
	CHECK(attr_read(AT_FDCWD, "ro", buf, sizeof(buf), 5000) == 0);
	CHECK(*buf == '\0');
	CHECK(attr_write(AT_FDCWD, "ro", "two\nlines", 5000) == 0);
	CHECK(attr_read(AT_FDCWD, "ro", buf, 10, 5000) == 0);
	CHECK(strcmp(buf, "two\nlines") == 0);
	CHECK(attr_read(AT_FDCWD, "ro", buf, 9, 5000) == -1 &&
	      errno == EOVERFLOW);
	memset(longest, 'a', sizeof(longest));
	longest[ATTR_MAX - 1] = '\0';
	CHECK(attr_write(AT_FDCWD, "ro", longest, 5000) == -1 &&
	      errno == ENAMETOOLONG);
	longest[ATTR_MAX - 2] = '\0';
	CHECK(attr_write(AT_FDCWD, "ro", longest, ATTR_FOREVER) == 0);
	CHECK(attr_read(AT_FDCWD, "ro", buf, sizeof(buf), 5000) == 0);
	CHECK(strcmp(buf, longest) == 0);
	unlink("ro");
	rmdir(name);
}

/* The child passes on its errno, which does not fit into an exit status. */
static void
test_errors(void)
{
	CHECK(attr_write(AT_FDCWD, "/dev/full", "1", 5000) == -1 &&
	      errno == ENOSPC);
}

/* A pipe that is empty, or full, blocks like a stuck drive. The two tests use
 * two pipes: on a busy machine, the killed reader might still take what is
 * written next. */
static void
test_deadline(void)
{
	char path[64], buf[16] = "";
	int empty[2], full[2];

	if (pipe2(empty, O_NONBLOCK) == -1 || pipe2(full, O_NONBLOCK) == -1) {
		CHECK(!"pipes");
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", empty[0]);
	CHECK(attr_read(AT_FDCWD, path, buf, sizeof(buf), 50) == -1 &&
	      errno == ETIMEDOUT);
	while (write(full[1], buf, 1) == 1)
		;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", full[1]);
	CHECK(attr_write(AT_FDCWD, path, "1", 50) == -1 && errno == ETIMEDOUT);
	close(empty[0]);
	close(empty[1]);
	close(full[0]);
	close(full[1]);
}

int
main(void)
{
	test_values();
	test_errors();
	test_deadline();
	return check_status();
}
