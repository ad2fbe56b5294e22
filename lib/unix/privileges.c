/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
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
