/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "unix/activation.h"

#define LISTEN_FD 3 /* the first, by the protocol */

int
activation_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	bool is_ours = pid != NULL && count != NULL &&
		       atol(pid) == (long)getpid() && atoi(count) == 1;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!is_ours || fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) == -1)
		return -1;
	return LISTEN_FD;
}
