/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "slot/event-log.h"
#include "slot/state.h"
#include "unix/atomic-file.h"

#define NUMBER_MAX (UINT64_MAX / 2)

char *
event_log_path(const char *run, char *buf)
{
	snprintf(buf, PATH_MAX, "%s/events", run);
	return buf;
}

static char *
path_of(const char *run, uint64_t number, char *buf)
{
	snprintf(buf, PATH_MAX, "%s/events/%" PRIu64, run, number);
	return buf;
}

/* Remove the events before `first`. Returns the highest number. */
static uint64_t
sweep(const char *run, uint64_t first)
{
	uint64_t number, last = 0;
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	dir = opendir(event_log_path(run, path));
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (number_parse(entry->d_name, 1, NUMBER_MAX, &number) == -1)
			continue;
		if (number > last)
			last = number;
		if (number < first)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	return last;
}

uint64_t
event_log_last(const char *run)
{
	return sweep(run, 0);
}

int
event_log_add(
    const char *run, unsigned slot, const char *event, const char *reason)
{
	char text[STATE_VALUE_MAX], made[PATH_MAX], path[PATH_MAX];
	uint64_t number;
	int len, rc;

	if (mkdir(event_log_path(run, path), 0755) == -1 && errno != EEXIST)
		return -1;
	len = snprintf(text, sizeof(text), "%lld %u %s%s%.500s",
	    (long long)time(NULL), slot, event, *reason != '\0' ? " " : "",
	    reason);
	/* Write to our own name first: link(2) then takes a free number. */
	snprintf(made, sizeof(made), "%s/events/.%u", run, slot);
	if (replace_file(made, text, (size_t)len) == -1)
		return -1;
	number = event_log_last(run);
	do
		rc = link(made, path_of(run, ++number, path));
	while (rc == -1 && errno == EEXIST);
	unlink(made);
	if (rc == 0 && number > EVENT_LOG_MAX)
		sweep(run, number - EVENT_LOG_MAX + 1);
	return rc;
}

int
event_log_get(const char *run, uint64_t number, struct logged_event *out)
{
	char path[PATH_MAX], text[STATE_VALUE_MAX];
	long long when;
	ssize_t n;
	int fd, at = 0;

	*out = (struct logged_event){.number = number};
	fd = open(path_of(run, number, path), O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (sscanf(text, "%lld %u %15[a-z-]%n", &when, &out->slot, out->event,
		&at) != 3) {
		errno = EINVAL;
		return -1;
	}
	out->time = when;
	snprintf(out->reason, sizeof(out->reason), "%s",
	    text + at + strspn(text + at, " "));
	return 0;
}
