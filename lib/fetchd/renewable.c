/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/url-typed.h"
#include "fetchd/renewable.h"
#include "fetchd/renewal.h"

/* In the order of renewable.fds. The URL comes first. */
static const struct {
	const char *name;
	bool is_line;
} fields[RENEWABLE_FIELDS] = {{"url", true}, {"user", true}, {"password", true},
    {"header", false}, {"cert", false}, {"key", false}};

static int
find(const char *name)
{
	int i;

	for (i = 0; i < RENEWABLE_FIELDS; i++)
		if (strcmp(fields[i].name, name) == 0)
			return i;
	return -1;
}

void
renewable_note(struct renewable *r, const char *name, int fd)
{
	int i = find(name);

	if (i != -1)
		r->fds[i] = fd;
}

/* Returns the content for secret_free(), or NULL with errno. */
static char *
read_regular(const char *path, bool is_line)
{
	char *text = NULL;
	struct stat st;
	/* O_NONBLOCK: a FIFO would wait here for a writer. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return NULL;
	errno = EINVAL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		text = is_line ? secret_read_line(fd) : secret_read(fd, NULL);
	close(fd);
	return text;
}

/* Add field i to the text, if its file is there. Returns 0 or -1. */
static int
add_field(const struct renewable *r, int i, char *text, struct failure *why)
{
	char path[PATH_MAX], *value, *url;
	int result;

	if (r->dir != NULL)
		snprintf(path, sizeof(path), "%s/%s", r->dir, fields[i].name);
	else
		snprintf(path, sizeof(path), "%s", r->url_file);
	value = read_regular(path, fields[i].is_line);
	if (value == NULL && i > 0 && errno == ENOENT)
		return 0;
	if (value == NULL)
		return fail_errno(
		    why, EX_NOINPUT, "unable to read the URL from %s", path);
	if (i == 0) {
		url = url_from_typed(value);
		secret_free(value);
		value = url;
	}
	if (value == NULL)
		return fail_errno(why, EX_OSERR, "unable to renew the URL");
	result = renewal_add(text, CONTROL_MAX, fields[i].name, value);
	secret_free(value);
	if (result == -1)
		return fail(
		    why, EX_DATAERR, "unable to renew the URL: it is too long");
	return 0;
}

int
renewable_read(
    const struct renewable *r, char text[CONTROL_MAX], struct failure *why)
{
	int i, last = r->dir != NULL ? RENEWABLE_FIELDS : 1;

	text[0] = '\0';
	if (r->dir == NULL && r->url_file == NULL)
		return fail(why, EX_USAGE,
		    "unable to renew the URL: it did not come from a file");
	for (i = 0; i < last; i++)
		if (add_field(r, i, text, why) == -1)
			return -1;
	return 0;
}

int
renewable_keep(struct renewable *r, struct nbdkit_argv *argv, char *text,
    struct failure *why)
{
	const char *name, *value;
	char *copy;
	int i;

	while (renewal_next(&text, &name, &value)) {
		i = find(name);
		if (i == -1)
			continue;
		if (r->fds[i] > 0) {
			if (ftruncate(r->fds[i], 0) == -1 ||
			    pwrite(r->fds[i], value, strlen(value), 0) !=
				(ssize_t)strlen(value))
				return fail_errno(
				    why, EX_OSERR, "unable to keep the URL");
			continue;
		}
		copy = strdup(value);
		if (copy == NULL)
			return fail_errno(
			    why, EX_OSERR, "unable to keep the URL");
		r->fds[i] = nbdkit_argv_add_text(
		    argv, name, false, copy, strlen(copy), why);
		if (r->fds[i] == -1)
			return -1;
	}
	return 0;
}
