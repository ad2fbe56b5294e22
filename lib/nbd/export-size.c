/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "nbd/export-size.h"
#include "unix/socket.h"

#define GREETING "NBDMAGICIHAVEOPT" /* 2 bytes of flags and the answer follow */
#define SIZE_AT	 18

/*
 * All that we send: the client's flags (fixed newstyle, no zeroes after the
 * answer), and the option NBD_OPT_EXPORT_NAME with an empty name. We send this
 * before the greeting has arrived, and the server reads it later.
 */
static const char question[] = "\0\0\0\3"
			       "IHAVEOPT"
			       "\0\0\0\1"
			       "\0\0\0";
#define QUESTION_SIZE sizeof(question) /* the NUL is the end of the length */

/* Close, and set errno. Returns -1. */
static int
close_failed(struct export_size *s, int error)
{
	export_size_close(s);
	errno = error;
	return -1;
}

int
export_size_ask(struct export_size *s, const char *path)
{
	s->have = 0;
	s->fd = connect_unix(path);
	if (s->fd == -1)
		return -1;
	if (send(s->fd, question, QUESTION_SIZE, MSG_NOSIGNAL) ==
	    (ssize_t)QUESTION_SIZE)
		return 0;
	return close_failed(s, errno);
}

int
export_size_take(struct export_size *s, uint64_t *size)
{
	ssize_t n = recv(s->fd, s->answer + s->have,
	    sizeof(s->answer) - s->have, MSG_DONTWAIT);
	size_t i;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return close_failed(s, n == 0 ? EPIPE : errno);
	s->have += (size_t)n;
	if (s->have < sizeof(s->answer))
		return 0;
	if (memcmp(s->answer, GREETING, strlen(GREETING)) != 0)
		return close_failed(s, EPROTO);
	for (*size = 0, i = 0; i < 8; i++)
		*size = *size << 8 | s->answer[SIZE_AT + i];
	export_size_close(s);
	return 1;
}

void
export_size_close(struct export_size *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}
