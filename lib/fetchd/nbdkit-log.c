/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetchd/nbdkit-log.h"

int
nbdkit_log_open(struct nbdkit_log *l)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	l->reader = fds[0];
	l->writer = fds[1];
	l->used = 0;
	return fcntl(l->reader, F_SETFL, O_NONBLOCK);
}

/*
 * The plugin calls nbdkit_nanosleep(3) to learn whether the client still wants
 * a request. If not, nbdkit_nanosleep() logs this error.
 */
static bool
is_noise(const char *line, size_t len)
{
	static const char noise[] = "aborting sleep ";

	return memmem(line, len, noise, sizeof(noise) - 1) != NULL;
}

/* Pass on the first len bytes, which are a line or a part of a long line. */
static void
pass_line(struct nbdkit_log *l, size_t len)
{
	if (!is_noise(l->line, len))
		fwrite(l->line, 1, len, stderr);
	l->used -= len;
	memmove(l->line, l->line + len, l->used);
}

void
nbdkit_log_pass(struct nbdkit_log *l)
{
	const char *end;
	ssize_t n;

	while ((n = read(l->reader, l->line + l->used,
		    sizeof(l->line) - l->used)) > 0) {
		l->used += (size_t)n;
		while ((end = memchr(l->line, '\n', l->used)) != NULL)
			pass_line(l, (size_t)(end - l->line) + 1);
		if (l->used == sizeof(l->line))
			pass_line(l, l->used);
	}
}
