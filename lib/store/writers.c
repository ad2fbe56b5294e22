/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/writers.h"

/* file system types of statfs(2) */
#define FS_NFS	0x6969
#define FS_CIFS 0xff534d42
#define FS_SMB2 0xfe534d42

#define LOOK_MS 100 /* between two checks whether a file changes */

/* Without a delegation from the server, the clients of these file systems
 * answer EAGAIN, whether somebody writes or not (nfs4_setlease(),
 * cifs_setlease()). */
static bool
is_on_a_server(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && ((uint32_t)fs.f_type == FS_NFS ||
					    (uint32_t)fs.f_type == FS_CIFS ||
					    (uint32_t)fs.f_type == FS_SMB2);
}

int
writers_keep_out(int fd)
{
	/* This signal comes when the lease is broken, and would end us. */
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return 0;
	errno = errno != EAGAIN || is_on_a_server(fd) ? ENOTSUP : EAGAIN;
	return -1;
}

bool
writers_came(int fd)
{
	return fcntl(fd, F_GETLEASE) != F_RDLCK;
}

/* Is the descriptor `name` of the process open for writing? fdinfo is its
 * /proc/PID/fdinfo (proc(5)). */
static bool
is_open_for_writing(int fdinfo, const char *name)
{
	char text[256];
	const char *flags;
	int fd = openat(fdinfo, name, O_RDONLY | O_CLOEXEC);
	unsigned value;
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	flags = strstr(text, "flags:");
	return flags != NULL && sscanf(flags, "flags: %o", &value) == 1 &&
	       (value & O_ACCMODE) != O_RDONLY;
}

/* Does this link in /proc/PID/fd lead to the file? */
static bool
is_file(int dir, const char *name, const struct stat *file)
{
	struct statx st;

	/* Do not ask a file server, which may not answer. */
	return statx(dir, name, AT_STATX_DONT_SYNC, STATX_INO, &st) == 0 &&
	       st.stx_ino == file->st_ino &&
	       makedev(st.stx_dev_major, st.stx_dev_minor) == file->st_dev;
}

/* Does a process have the file open for writing? proc is /proc, pid the
 * process. */
static bool
process_writes(int proc, const char *pid, const struct stat *file)
{
	char path[64];
	const struct dirent *entry;
	bool found = false;
	int fd, fdinfo;
	DIR *dir;

	snprintf(path, sizeof(path), "%.32s/fdinfo", pid);
	fdinfo = openat(proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%.32s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd == -1 ? NULL : fdopendir(fd);
	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		found = entry->d_name[0] != '.' &&
			is_file(fd, entry->d_name, file) &&
			is_open_for_writing(fdinfo, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	else if (fd != -1)
		close(fd);
	if (fdinfo != -1)
		close(fdinfo);
	return found;
}

static bool
somebody_writes(const struct stat *file)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	bool found = false;

	while (proc != NULL && !found && (entry = readdir(proc)) != NULL)
		found = isdigit((unsigned char)entry->d_name[0]) &&
			process_writes(dirfd(proc), entry->d_name, file);
	if (proc != NULL)
		closedir(proc);
	return found;
}

int
writers_wait_quiet(int fd, unsigned seconds)
{
	int64_t end = clock_ms() + (int64_t)seconds * 1000;
	struct stat first, now;

	if (fstat(fd, &first) == -1)
		return -1;
	if (somebody_writes(&first))
		goto busy;
	while (clock_ms() < end) {
		clock_sleep_ms(LOOK_MS);
		if (fstat(fd, &now) == -1)
			return -1;
		if (now.st_size != first.st_size ||
		    now.st_ctim.tv_sec != first.st_ctim.tv_sec ||
		    now.st_ctim.tv_nsec != first.st_ctim.tv_nsec)
			goto busy;
	}
	if (!somebody_writes(&first))
		return 0;
busy:
	errno = EAGAIN;
	return -1;
}
