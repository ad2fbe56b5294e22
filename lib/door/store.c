/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "door/store.h"

#define STORE_NAME_SIZE \
	128 /* bytes of a name or an owner, the newline included */
#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

bool
store_is_id(const char *text)
{
	return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

bool
store_has_owner(const char *store, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") !=
		strlen(name) ||
	    *name < 'a')
		return false;
	snprintf(path, sizeof(path), "%s/owners/%s", store, name);
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
store_open_record(const char *store, const char *place, const char *id)
{
	char path[PATH_MAX];
	int dir, record, why;

	snprintf(path, sizeof(path), "%s/%s", store, place);
	dir = open(path, DIRECTORY);
	if (dir == -1)
		return -1;
	record = openat(dir, id, DIRECTORY);
	why = errno;
	close(dir);
	errno = why;
	return record;
}

int
store_open_file(int record, const char *name, int flags)
{
	/* O_NONBLOCK: the file may be a FIFO, or have a lease. */
	int fd =
	    openat(record, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink == 1)
		return fd;
	if (fd != -1) {
		close(fd);
		errno = EPERM;
	}
	return -1;
}

bool
store_value(int record, const char *name, char *value, size_t size)
{
	int fd = store_open_file(record, name, O_RDONLY);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, value, size);
	close(fd);
	if (n <= 0 || value[n - 1] != '\n')
		return false;
	value[n - 1] = '\0';
	return strlen(value) == (size_t)n - 1;
}

uint64_t
store_number(int record, const char *name)
{
	char text[32];
	uint64_t n;

	return store_value(record, name, text, sizeof(text)) &&
		       number_parse(text, 0, INT64_MAX, &n) == 0
		   ? n
		   : 0;
}

int
store_set_value(int record, const char *name, const char *value)
{
	char new[64];
	int fd, rc;

	snprintf(new, sizeof(new), ".%s.new", name);
	fd = openat(record, new,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	rc = dprintf(fd, "%s\n", value) == (int)strlen(value) + 1 ? 0 : -1;
	if (close(fd) == -1)
		rc = -1;
	if (rc == 0)
		rc = renameat(record, new, record, name);
	if (rc == -1)
		unlinkat(record, new, 0);
	return rc;
}

bool
store_has_image(const char *store, const char *owner, const char *name)
{
	char path[PATH_MAX], value[STORE_NAME_SIZE];
	const struct dirent *entry;
	bool is_there = false;
	int record;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/images", store);
	dir = opendir(path);
	while (dir != NULL && !is_there && (entry = readdir(dir)) != NULL) {
		record = store_is_id(entry->d_name)
			     ? openat(dirfd(dir), entry->d_name, DIRECTORY)
			     : -1;
		if (record == -1)
			continue;
		is_there = store_value(record, "name", value, sizeof(value)) &&
			   strcmp(value, name) == 0 &&
			   store_value(record, "owner", value, sizeof(value)) &&
			   strcmp(value, owner) == 0;
		close(record);
	}
	if (dir != NULL)
		closedir(dir);
	return is_there;
}

bool
store_is_at_work(int record)
{
	if (flock(record, LOCK_SH | LOCK_NB) == -1)
		return true;
	flock(record, LOCK_UN);
	return false;
}
