/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "slot/state.h"
#include "unix/atomic-file.h"

void
state_init(struct state *s, unsigned slot)
{
	const char *run = getenv("VM_RUN_DIR");

	snprintf(s->run, sizeof(s->run), "%s", run ? run : "/run/vmedia");
	snprintf(s->dir, sizeof(s->dir), "%s/%u", s->run, slot);
}

char *
state_path(const struct state *s, const char *name, char *buf)
{
	snprintf(buf, PATH_MAX, "%s/%s", s->dir, name);
	return buf;
}

bool
state_has(const struct state *s, const char *name)
{
	char path[PATH_MAX];

	return access(state_path(s, name, path), F_OK) == 0;
}

bool
state_get(
    const struct state *s, const char *name, char value[static STATE_VALUE_MAX])
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd;

	fd = open(state_path(s, name, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd != -1) {
		n = read(fd, value, STATE_VALUE_MAX - 1);
		close(fd);
	}
	value[n > 0 ? n : 0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return *value != '\0';
}

int64_t
state_get_number(const struct state *s, const char *name)
{
	char value[STATE_VALUE_MAX];
	uint64_t number;

	if (!state_get(s, name, value) ||
	    number_parse(value, 0, INT64_MAX, &number) == -1)
		return -1;
	return (int64_t)number;
}

int
state_put(const struct state *s, const char *name, const char *value)
{
	char path[PATH_MAX], text[STATE_VALUE_MAX];
	size_t len = 0;

	for (; *value != '\0' && len < sizeof(text) - 1; value++)
		if ((unsigned char)*value >= ' ' && *value != 127)
			text[len++] = *value;
	return replace_file(state_path(s, name, path), text, len);
}

int
state_put_number(const struct state *s, const char *name, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return state_put(s, name, text);
}

void
state_remove(const struct state *s, const char *const names[])
{
	char path[PATH_MAX];

	for (; *names != NULL; names++)
		unlink(state_path(s, *names, path));
}

void
state_remove_dir(const struct state *s, const char *name)
{
	char path[PATH_MAX], inner[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	dir = opendir(state_path(s, name, path));
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == -1 &&
		    (errno == EISDIR || errno == EPERM) &&
		    snprintf(inner, sizeof(inner), "%s/%s", name,
			entry->d_name) < (int)sizeof(inner))
			state_remove_dir(s, inner);
	}
	closedir(dir);
	rmdir(path);
}

int64_t
state_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}
