/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drive/place.h"

char *
drive_path(unsigned slot, const char *name, char *buf)
{
	const char *run = getenv("VM_RUN_DIR");

	snprintf(buf, PATH_MAX, "%s/drive.%u%s%s",
	    run != NULL ? run : "/run/vmedia", slot, *name != '\0' ? "/" : "",
	    name);
	return buf;
}

bool
drive_read_line(unsigned slot, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	int fd = open(drive_path(slot, name, path), O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd != -1) {
		n = read(fd, buf, size - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return *buf != '\0';
}

const char *
drive_medium_line(const struct drive_medium *m, char *buf)
{
	snprintf(buf, DRIVE_LINE_MAX, "%s %u %u %s", m->writable ? "rw" : "ro",
	    m->block_size, m->outage, m->path);
	return buf;
}

int
drive_medium_parse(const char *line, struct drive_medium *m)
{
	char mode[3];
	int at = 0;

	if (sscanf(line, "%2s %u %u %n", mode, &m->block_size, &m->outage,
		&at) != 3 ||
	    at == 0 || line[at] != '/' || strlen(line + at) >= sizeof(m->path))
		return -1;
	m->writable = strcmp(mode, "rw") == 0;
	snprintf(m->path, sizeof(m->path), "%s", line + at);
	return 0;
}

bool
drive_get_medium(unsigned slot, struct drive_medium *m)
{
	char line[DRIVE_LINE_MAX];

	return drive_read_line(slot, "medium", line, sizeof(line)) &&
	       drive_medium_parse(line, m) == 0;
}

int
drive_get_counters(unsigned slot, struct drive_counters *counters)
{
	char path[PATH_MAX];
	int fd = open(drive_path(slot, "counters", path), O_RDONLY | O_CLOEXEC);
	ssize_t n;
	char *c;

	if (fd == -1)
		return -1;
	n = read(fd, counters, sizeof(*counters));
	close(fd);
	if (n != sizeof(*counters)) {
		errno = EIO;
		return -1;
	}
	counters->last[sizeof(counters->last) - 1] = '\0';
	for (c = counters->last; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return 0;
}

bool
drive_is_alive(unsigned slot)
{
	char path[PATH_MAX];
	int fd = open(
	    drive_path(slot, "", path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_locked;

	if (fd == -1)
		return false;
	is_locked = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	close(fd);
	return is_locked;
}
