/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

#include "unix/privileges.h"

int
become_user(const char *name)
{
	struct passwd *pw;

	if (geteuid() != 0)
		return 0;
	pw = getpwnam(name != NULL ? name : "vmedia");
	if (pw == NULL && name == NULL)
		pw = getpwnam("nobody");
	if (pw == NULL) {
		errno = ENOENT;
		return -1;
	}
	return setgroups(0, NULL) == -1 || setgid(pw->pw_gid) == -1
		   ? -1
		   : setuid(pw->pw_uid);
}

/* closefrom(3) is not in musl, nor in glibc before 2.34. */
void
close_from(int first)
{
	long fd, end = sysconf(_SC_OPEN_MAX);

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0)
		return; /* since Linux 5.9 */
#endif
	for (fd = first; fd < end; fd++)
		close((int)fd);
}

void
fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd <= STDERR_FILENO);
	if (fd != -1)
		close(fd);
}
