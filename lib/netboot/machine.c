/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "netboot/machine.h"

#define EVERYBODY "any"

static int
open_directory(int in, const char *name)
{
	return openat(in, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Returns the machine's directory; or -1, with *why unless there is none. */
static int
open_machine(int all, const unsigned char mac[MAC_SIZE], struct machine *m,
    struct failure *why)
{
	int fd;

	snprintf(m->name, sizeof(m->name), "%02x-%02x-%02x-%02x-%02x-%02x",
	    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	fd = open_directory(all, m->name);
	if (fd == -1 && errno == ENOENT) {
		snprintf(m->name, sizeof(m->name), EVERYBODY);
		fd = open_directory(all, m->name);
	}
	if (fd == -1 && errno != ENOENT)
		fail_errno(why, EX_IOERR, "unable to open %s", m->name);
	return fd;
}

static bool
is_token(const char *text)
{
	size_t i;

	for (i = 0; i < TOKEN_DIGITS; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return text[i] == '\0' || strcmp(text + i, "\n") == 0;
}

static bool
read_token(int directory, struct machine *m, struct failure *why)
{
	char text[TOKEN_DIGITS + 3] = "";
	ssize_t n;
	/* O_NONBLOCK: a FIFO would wait here for a writer. */
	int fd = openat(directory, "token",
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	n = fd != -1 ? read(fd, text, sizeof(text) - 1) : -1;
	if (n == -1)
		fail_errno(why, EX_IOERR, "unable to read %s/token", m->name);
	else if (!is_token(text))
		fail(why, EX_DATAERR,
		    "unable to use %s/token: it must be %d hexadecimal digits",
		    m->name, TOKEN_DIGITS);
	if (fd != -1)
		close(fd);
	memcpy(m->token, text, TOKEN_DIGITS);
	m->token[TOKEN_DIGITS] = '\0';
	return n != -1 && is_token(text);
}

/* If this cannot be found out, the machine must not boot again. */
static bool
has_booted(int directory)
{
	struct stat st;

	return fstatat(directory, "done", &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

bool
machine_find(int all, const unsigned char mac[MAC_SIZE], struct machine *m,
    struct failure *why)
{
	int directory;
	bool is_found;

	*m = (struct machine){.files = -1};
	directory = open_machine(all, mac, m, why);
	if (directory == -1)
		return false;
	is_found = read_token(directory, m, why);
	if (is_found) {
		m->is_done = has_booted(directory);
		m->files = open_directory(directory, "files");
	}
	close(directory);
	return is_found;
}

void
machine_close(struct machine *m)
{
	if (m->files != -1)
		close(m->files);
	m->files = -1;
}
