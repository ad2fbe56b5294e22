/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/secret.h"
#include "fetchd/nbdkit-argv.h"

#define PLUGIN	     "nbdkit-vm-fetchd-plugin.so"
#define XZ_BLOCKS    1 /* in memory at once, for each client */
#define XZ_CLIENTS   2
#define XZ_BLOCK_MAX (512ULL << 20)

int
nbdkit_inherit(int fd, struct failure *why)
{
	int high = fd == -1 ? -1 : fcntl(fd, F_DUPFD, NBDKIT_LISTEN_FD + 1);

	if (high == -1)
		fail_errno(why, EX_OSERR, "unable to pass a descriptor");
	if (fd != -1)
		close(fd);
	return high;
}

/* Takes ownership of text, which is NULL if its allocation failed. */
static int
insert(struct nbdkit_argv *a, int place, char *text, struct failure *why)
{
	if (text == NULL)
		return fail_errno(why, EX_OSERR, "unable to start nbdkit");
	if (a->argc == NBDKIT_ARGUMENTS_MAX) {
		free(text);
		return fail(
		    why, EX_USAGE, "unable to take this many parameters");
	}
	memmove(&a->argv[place + 1], &a->argv[place],
	    (size_t)(a->argc - place) * sizeof(a->argv[0]));
	a->argv[place] = text;
	a->argc++;
	return 0;
}

int
nbdkit_argv_add(
    struct nbdkit_argv *a, struct failure *why, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) == -1)
		text = NULL;
	va_end(ap);
	return insert(a, a->argc, text, why);
}

/* Filters come first in argv; the outermost filter is added last. */
static int
add_filter(struct nbdkit_argv *a, const char *name, struct failure *why)
{
	char *text;

	if (asprintf(&text, "--filter=%s", name) == -1)
		text = NULL;
	return insert(a, 1, text, why);
}

/*
 * Open a file of ours, in the build tree or as installed. vm-fetchd opens it,
 * because nbdkit's user may not have the permission to enter each directory.
 */
static int
open_beside(const char *name, struct failure *why)
{
	char path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	int fd;

	if (n == -1)
		return fail_errno(why, EX_OSERR, "unable to find %s", name);
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 64, "/../lib/vmedia/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return fail_errno(
		    why, EX_UNAVAILABLE, "unable to open %s", path);
	return nbdkit_inherit(fd, why);
}

int
nbdkit_argv_begin(
    struct nbdkit_argv *a, int report_fd, int control_fd, struct failure *why)
{
	int plugin = open_beside(PLUGIN, why);

	if (plugin == -1 || nbdkit_argv_add(a, why, "nbdkit") == -1 ||
	    nbdkit_argv_add(a, why, "--foreground") == -1 ||
	    nbdkit_argv_add(a, why, "--exit-with-parent") == -1 ||
	    nbdkit_argv_add(a, why, "--log=stderr") == -1 ||
	    nbdkit_argv_add(a, why, "/proc/self/fd/%d", plugin) == -1 ||
	    nbdkit_argv_add(a, why, "control-fd=%d", control_fd) == -1)
		return -1;
	return nbdkit_argv_add(a, why, "report-fd=%d", report_fd);
}

int
nbdkit_argv_add_module(
    struct nbdkit_argv *a, const char *name, struct failure *why)
{
	int fd = open_beside(name, why);

	if (fd == -1)
		return -1;
	return nbdkit_argv_add(a, why, "module=/proc/self/fd/%d", fd);
}

int
nbdkit_argv_add_text(struct nbdkit_argv *a, const char *key, bool as_path,
    char *text, size_t len, struct failure *why)
{
	int fd = nbdkit_inherit(secret_to_fd(text, len), why);

	secret_free(text);
	if (fd == -1 ||
	    nbdkit_argv_add(a, why, as_path ? "%s=/proc/self/fd/%d" : "%s=-%d",
		key, fd) == -1)
		return -1;
	a->texts[a->text_count++] = fd;
	return fd;
}

/* The previous nbdkit has moved the file positions, which it shares with us. */
static void
rewind_texts(const struct nbdkit_argv *a)
{
	int i;

	for (i = 0; i < a->text_count; i++)
		lseek(a->texts[i], 0, SEEK_SET);
}

int
nbdkit_argv_again(
    struct nbdkit_argv *a, const char *identity, struct failure *why)
{
	char *text;

	if (!a->has_identity) {
		text = strdup(identity);
		if (text == NULL)
			return fail_errno(
			    why, EX_OSERR, "unable to start nbdkit");
		if (nbdkit_argv_add_text(
			a, "identity", false, text, strlen(text), why) == -1)
			return -1;
		a->has_identity = true;
	}
	rewind_texts(a);
	return 0;
}

int
nbdkit_argv_adopt(struct nbdkit_argv *a, const char *lines, struct failure *why)
{
	size_t len = strlen(lines);
	char *text;

	if (a->adopted != 0)
		return ftruncate(a->adopted, 0) != -1 &&
			       pwrite(a->adopted, lines, len, 0) == (ssize_t)len
			   ? 0
			   : fail_errno(
				 why, EX_OSERR, "unable to keep a validator");
	if (len == 0)
		return 0;
	text = strdup(lines);
	if (text == NULL)
		return fail_errno(why, EX_OSERR, "unable to start nbdkit");
	a->adopted = nbdkit_argv_add_text(a, "adopted", false, text, len, why);
	return a->adopted == -1 ? -1 : 0;
}

/* The xz filter keeps whole blocks in memory. They may take a quarter of it. */
uint64_t
nbdkit_xz_block_max(void)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) *
			 (uint64_t)sysconf(_SC_PAGESIZE) / 4 / XZ_BLOCKS /
			 XZ_CLIENTS;

	return bytes < XZ_BLOCK_MAX ? bytes : XZ_BLOCK_MAX;
}

/* The xz filter keeps blocks for each client: allow the kernel and one more. */
static int
limit_xz(struct nbdkit_argv *a, struct failure *why)
{
	if (add_filter(a, "limit", why) == -1 ||
	    add_filter(a, "multi-conn", why) == -1 ||
	    nbdkit_argv_add(a, why, "limit=%d", XZ_CLIENTS) == -1 ||
	    nbdkit_argv_add(a, why, "multi-conn-mode=disable") == -1 ||
	    nbdkit_argv_add(
		a, why, "xz-max-block=%" PRIu64, nbdkit_xz_block_max()) == -1)
		return -1;
	return nbdkit_argv_add(a, why, "xz-max-depth=%d", XZ_BLOCKS);
}

int
nbdkit_argv_stream_xz(
    struct nbdkit_argv *a, const char *identity, struct failure *why)
{
	if (add_filter(a, "xz", why) == -1 || limit_xz(a, why) == -1)
		return -1;
	return nbdkit_argv_again(a, identity, why);
}

int
nbdkit_argv_serve_packed(struct nbdkit_argv *a, struct failure *why)
{
	rewind_texts(a);
	return nbdkit_argv_add(a, why, "unpacked=1");
}

/* Add the parameters for the file fd. If they are there, replace the file. */
static int
add_spool(struct nbdkit_argv *a, int fd, struct failure *why)
{
	int copy;

	if (a->spool != 0)
		return dup2(fd, a->spool) != -1
			   ? 0
			   : fail_errno(
				 why, EX_OSERR, "unable to pass a descriptor");
	copy =
	    nbdkit_inherit(fcntl(fd, F_DUPFD_CLOEXEC, NBDKIT_LISTEN_FD), why);
	if (copy == -1 ||
	    nbdkit_argv_add_module(a, "vm-source-file.so", why) == -1)
		return -1;
	a->spool = copy;
	return nbdkit_argv_add(a, why, "file-fd=%d", copy);
}

int
nbdkit_argv_download(
    struct nbdkit_argv *a, int fd, uint64_t room, struct failure *why)
{
	rewind_texts(a);
	if (add_spool(a, fd, why) == -1 ||
	    nbdkit_argv_add(a, why, "room=%" PRIu64, room) == -1)
		return -1;
	return nbdkit_argv_add(a, why, "download=1");
}

/* If a parameter is given twice, the plugin uses the last value. */
int
nbdkit_argv_serve_downloaded(
    struct nbdkit_argv *a, const char *identity, struct failure *why)
{
	if (nbdkit_argv_add(a, why, "download=0") == -1 ||
	    nbdkit_argv_add(a, why, "spooled=2") == -1)
		return -1;
	return nbdkit_argv_again(a, identity, why);
}

int
nbdkit_argv_serve_spool(
    struct nbdkit_argv *a, int fd, const char *identity, struct failure *why)
{
	if (add_spool(a, fd, why) == -1 ||
	    nbdkit_argv_add(a, why, "unpacked=0") == -1 ||
	    nbdkit_argv_add(a, why, "spooled=1") == -1)
		return -1;
	return nbdkit_argv_again(a, identity, why);
}
