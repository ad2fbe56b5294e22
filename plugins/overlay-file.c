/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "identity.h"
#include "overlay-file.h"

#define HEAD_SIZE  4096
#define MAGIC	   "vmedia overlay 1\n"
#define BOOT_SIZE  40 /* a UUID as text */
#define UNKNOWN	   "-"
#define MAP_PIECE  4096
#define LOCK_TRIES 30 /* of 100 ms: a killed process may still be ending */

uint64_t
overlay_file_map(const struct overlay_file *o, bool stable)
{
	return HEAD_SIZE + (stable ? o->map_size : 0);
}

uint64_t
overlay_file_sectors(const struct overlay_file *o)
{
	return HEAD_SIZE + 2 * o->map_size;
}

int
overlay_file_write(
    const struct overlay_file *o, const void *bytes, size_t len, uint64_t at)
{
	const unsigned char *in = bytes;
	ssize_t n;

	for (; len > 0; in += n, len -= (size_t)n, at += (uint64_t)n) {
		n = pwrite(o->fd, in, len, (off_t)at);
		if (n == -1 && errno == EINTR)
			n = 0;
		if (n == -1)
			return -1;
	}
	return 0;
}

int
overlay_file_read(
    const struct overlay_file *o, void *buf, size_t len, uint64_t at)
{
	unsigned char *out = buf;
	ssize_t n;

	for (; len > 0; out += n, len -= (size_t)n, at += (uint64_t)n) {
		do
			n = pread(o->fd, out, len, (off_t)at);
		while (n == -1 && errno == EINTR);
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
	}
	return 0;
}

static void
read_boot(char boot[BOOT_SIZE])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	strcpy(boot, UNKNOWN);
	if (f == NULL)
		return;
	if (fscanf(f, "%39s", boot) != 1)
		strcpy(boot, UNKNOWN);
	fclose(f);
}

static int
fail(struct fault *why, int status, const char *text)
{
	why->kind = FAULT_REQUEST;
	why->status = status;
	/* The user has given a file that is not an overlay of this image. */
	why->cause = status == EX_DATAERR ? CAUSE_USAGE : CAUSE_USUAL;
	snprintf(why->text, sizeof(why->text), "unable to use the overlay: %s",
	    text);
	return -1;
}

static void
format_head(char head[HEAD_SIZE], const struct overlay_file *o,
    const char *identity, const char *boot)
{
	memset(head, 0, HEAD_SIZE);
	snprintf(head, HEAD_SIZE,
	    MAGIC "name: %s\nboot: %s\nbytes: %" PRIu64 "\nof:\n%s\n", o->name,
	    boot, o->size, identity);
}

static int
make_file(struct overlay_file *o, const char *identity, const char *boot,
    struct fault *why)
{
	unsigned char random[OVERLAY_NAME_BYTES];
	char head[HEAD_SIZE];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return fail(why, EX_OSERR, "no random numbers");
	hex_encode(o->name, random, sizeof(random));
	format_head(head, o, identity, boot);
	/* Give the file its full length now, so that a shorter file is known to
	 * be cut. */
	if (ftruncate(o->fd, (off_t)(overlay_file_sectors(o) + o->size)) == 0 &&
	    overlay_file_write(o, head, HEAD_SIZE, 0) == 0 && fsync(o->fd) == 0)
		return 0;
	fail(why, EX_CANTCREAT, strerror(errno));
	/* An incomplete overlay would be refused at each start. */
	if (ftruncate(o->fd, 0) == -1)
		fail(why, EX_IOERR, strerror(errno));
	return -1;
}

/* Returns the first byte of a map, from `at` on, that may be other than zero;
 * or the map's end. */
static uint64_t
next_data(const struct overlay_file *o, bool stable, uint64_t at)
{
	uint64_t begin = overlay_file_map(o, stable);
	off_t found = lseek(o->fd, (off_t)(begin + at), SEEK_DATA);

	if (found == -1)
		return errno == ENXIO ? o->map_size : at;
	at = (uint64_t)found - begin;
	return at < o->map_size ? at : o->map_size;
}

/*
 * Read one of the maps, and copy it to the other map. Holes in the file are
 * skipped, because the map of a large image is large.
 */
static int
take_map(struct overlay_file *o, bool stable)
{
	unsigned char piece[MAP_PIECE], other[MAP_PIECE];
	uint64_t at = 0, next;
	size_t n, i;

	for (;; at += n) {
		next = next_data(o, stable, at);
		at = next_data(o, !stable, at);
		if (next < at)
			at = next;
		at -= at % MAP_PIECE;
		if (at >= o->map_size)
			return 0;
		n = o->map_size - at < MAP_PIECE ? (size_t)(o->map_size - at)
						 : MAP_PIECE;
		if (overlay_file_read(
			o, piece, n, overlay_file_map(o, stable) + at) == -1 ||
		    overlay_file_read(
			o, other, n, overlay_file_map(o, !stable) + at) == -1)
			return -1;
		memcpy(o->map + at, piece, n);
		for (i = 0; i < n; i++)
			o->used += piece[i] != 0 ? OVERLAY_FILE_UNIT : 0;
		if (memcmp(piece, other, n) != 0 &&
		    overlay_file_write(
			o, piece, n, overlay_file_map(o, !stable) + at) == -1)
			return -1;
	}
}

/* Open the overlay that another process has left. */
static int
take_file(struct overlay_file *o, uint64_t length, const char *identity,
    const char *boot, struct fault *why)
{
	char head[HEAD_SIZE], mine[HEAD_SIZE], was[BOOT_SIZE];
	bool same_boot;

	if (length < HEAD_SIZE)
		return fail(why, EX_DATAERR, "not a vmedia overlay file");
	if (overlay_file_read(o, head, HEAD_SIZE, 0) == -1)
		return fail(why, EX_IOERR, strerror(errno));
	head[HEAD_SIZE - 1] = '\0';
	if (sscanf(head, MAGIC "name: %32[0-9a-f]\nboot: %39s\n", o->name,
		was) != 2)
		return fail(why, EX_DATAERR, "not a vmedia overlay file");
	format_head(mine, o, identity, was);
	if (!identity_is_same(head, mine))
		return fail(why, EX_DATAERR, "it belongs to another image");
	if (length != overlay_file_sectors(o) + o->size)
		return fail(why, EX_DATAERR, "the file was cut short");
	same_boot = strcmp(was, boot) == 0 && strcmp(boot, UNKNOWN) != 0;
	/*
	 * If the machine has not rebooted since, the last writes may still be
	 * only in memory: sync them now. If it has, only the stable map is sure
	 * to be right.
	 */
	format_head(mine, o, identity, boot);
	if (fdatasync(o->fd) == -1 || take_map(o, !same_boot) == -1 ||
	    fdatasync(o->fd) == -1 ||
	    (!same_boot && overlay_file_write(o, mine, HEAD_SIZE, 0) == -1))
		return fail(why, EX_IOERR, strerror(errno));
	return 0;
}

static int
lock_file(int fd)
{
	struct timespec pause = {0, 100000000};
	int tries;

	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) == -1; tries++) {
		if (tries == LOCK_TRIES)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int
overlay_file_open(struct overlay_file *o, int fd, const char *identity,
    uint64_t size, struct fault *why)
{
	char boot[BOOT_SIZE];
	struct stat st;

	o->fd = fd;
	o->size = size;
	o->map_size = (size + OVERLAY_FILE_UNIT - 1) / OVERLAY_FILE_UNIT;
	/* Round up to whole units: what follows a map begins at a unit. */
	o->map_size += -o->map_size % OVERLAY_FILE_UNIT;
	if (o->map_size <= SIZE_MAX / 2)
		o->map = calloc(1, (size_t)o->map_size);
	if (o->map == NULL)
		return fail(why, EX_OSERR, "out of memory");
	if (lock_file(fd) == -1)
		return fail(why, EX_TEMPFAIL, "in use by another process");
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return fail(why, EX_DATAERR, "not a regular file");
	if (strlen(identity) > HEAD_SIZE / 2)
		return fail(why, EX_DATAERR, "the image's name is too long");
	read_boot(boot);
	return st.st_size == 0
		   ? make_file(o, identity, boot, why)
		   : take_file(o, (uint64_t)st.st_size, identity, boot, why);
}

void
overlay_file_close(struct overlay_file *o)
{
	close(o->fd);
	free(o->map);
}
