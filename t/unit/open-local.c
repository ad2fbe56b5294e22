/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Opening a local image without following links, with openat2(2) and on a
 * kernel without it.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <seccomp.h>

#include "check.h"
#include "fetchd/open-local.h"

/* Returns the exit status with which opening fails; 0: the file is opened. */
static int
opens(const char *path, bool no_links)
{
	struct failure why = {0};
	int fd = open_local_image(path, path, false, no_links, &why);

	if (fd == -1)
		return why.status;
	close(fd);
	return 0;
}

static void
test_paths(void)
{
	char path[PATH_MAX + 2], here[512];

	CHECK(getcwd(here, sizeof(here)) != NULL);
	snprintf(path, sizeof(path), "%s//dir/./image", here);
	CHECK(opens(path, true) == 0);
	CHECK(opens("dir/image", true) == 0);
	CHECK(opens("dir/../dir//image", true) == 0);
	CHECK(opens("link", false) == 0);
	CHECK(opens("link", true) != 0);
	CHECK(opens("dirlink/image", false) == 0);
	CHECK(opens("dirlink/image", true) != 0);
	snprintf(path, sizeof(path), "%s/dirlink/image", here);
	CHECK(opens(path, true) != 0);
	CHECK(opens("dir/none", true) == EX_NOINPUT);
	CHECK(opens("none/image", true) == EX_NOINPUT);
	CHECK(opens("dir/image/none", true) == EX_NOINPUT);
	CHECK(opens("dir", true) == EX_DATAERR);
	CHECK(opens("dir/", true) == EX_DATAERR);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK(opens(path, true) != 0);
}

/* Make openat2(2) fail as on an old kernel, or in a container. */
static int
refuse_openat2(int error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = seccomp_rule_add(
	    filter, SCMP_ACT_ERRNO(error), SCMP_SYS(openat2), 0);

	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

int
main(void)
{
	char dir[] = "/tmp/open-local.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1) {
		CHECK(!"a directory");
		return check_status();
	}
	CHECK(mkdir("dir", 0700) == 0);
	close(open("dir/image", O_CREAT | O_WRONLY, 0600));
	CHECK(symlink("dir/image", "link") == 0);
	CHECK(symlink("dir", "dirlink") == 0);
	test_paths();
	if (refuse_openat2(ENOSYS) == 0) {
		CHECK(syscall(SYS_openat2, 0, "", NULL, 0) == -1 &&
		      errno == ENOSYS);
		test_paths();
	}
	unlink("dirlink");
	unlink("link");
	unlink("dir/image");
	rmdir("dir");
	rmdir(dir);
	return check_status();
}
