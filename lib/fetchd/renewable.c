/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Parameters that are read again while the image is served.
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
#include "fetchd/parameters.h"
#include "fetchd/renewal.h"
#include "fetchd/report.h"

/* In the order of `renewable`. The URL comes first. */
static const struct {
	const char *name;
	bool is_line;
} fields[PARAMETERS_RENEWABLE] = {{"url", true}, {"user", true},
    {"password", true}, {"header", false}, {"cert", false}, {"key", false}};

static int
find(const char *name)
{
	int i;

	for (i = 0; i < PARAMETERS_RENEWABLE; i++)
		if (strcmp(fields[i].name, name) == 0)
			return i;
	return -1;
}

void
parameters_note_text(struct parameters *a, const char *name, int fd)
{
	int i = find(name);

	if (i != -1)
		a->renewable[i] = fd;
}

/* Returns NULL with errno. */
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
add_field(const struct parameters *a, int i, char *text, struct failure *why)
{
	char path[PATH_MAX], *value, *url;
	int result;

	if (a->renew_dir != NULL)
		snprintf(
		    path, sizeof(path), "%s/%s", a->renew_dir, fields[i].name);
	else
		snprintf(path, sizeof(path), "%s", a->url_file);
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
parameters_read_again(
    const struct parameters *a, char text[CONTROL_MAX], struct failure *why)
{
	int i, last = a->renew_dir != NULL ? PARAMETERS_RENEWABLE : 1;

	text[0] = '\0';
	if (a->renew_dir == NULL && a->url_file == NULL)
		return fail(why, EX_USAGE,
		    "unable to renew the URL: it did not come from a file");
	for (i = 0; i < last; i++)
		if (add_field(a, i, text, why) == -1)
			return -1;
	return 0;
}

int
parameters_keep(struct parameters *a, char *text, struct failure *why)
{
	const char *name, *value;
	char *copy;
	int i;

	while (renewal_next(&text, &name, &value)) {
		i = find(name);
		if (i == -1)
			continue;
		if (a->renewable[i] > 0) {
			if (ftruncate(a->renewable[i], 0) == -1 ||
			    pwrite(a->renewable[i], value, strlen(value), 0) ==
				-1)
				return fail_errno(
				    why, EX_OSERR, "unable to keep the URL");
			continue;
		}
		copy = strdup(value);
		if (copy == NULL)
			return fail_errno(
			    why, EX_OSERR, "unable to keep the URL");
		a->renewable[i] = nbdkit_argv_add_text(
		    a->argv, name, false, copy, strlen(copy), why);
		if (a->renewable[i] == -1)
			return -1;
	}
	return 0;
}
