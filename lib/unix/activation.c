/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "unix/activation.h"

int
activation_count(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");

	if (pid == NULL || count == NULL || atol(pid) != (long)getpid())
		return 0;
	return atoi(count);
}

int
activation_socket(void)
{
	bool is_ours = activation_count() == 1;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!is_ours || fcntl(ACTIVATION_FD, F_SETFD, FD_CLOEXEC) == -1)
		return -1;
	return ACTIVATION_FD;
}
