/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Sectors are written before the bit that says so, so that a process which is
 * killed in between has written nothing. What the machine's end leaves of
 * that order is another matter: therefore the second map, which is written
 * between two fdatasync(2), and counts when the boot is another one.
 */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "overlay.h"

#define HEAD_SIZE	4096
#define MAGIC		"vmedia overlay 1\n"
#define NAME_BYTES	16
#define BOOT_SIZE	40 /* a UUID as text */
#define UNKNOWN		"-"
#define MAP_PIECE	4096
#define SECTORS_IN_UNIT (OVERLAY_UNIT / OVERLAY_SECTOR)
#define LOCK_TRIES	30 /* of 100 ms: one that was killed may be ending */

_Static_assert(SECTORS_IN_UNIT == 8, "a byte of the map is a unit");

struct overlay {
	int fd;
	uint64_t size, limit; /* bytes */
	uint64_t map_size;    /* bytes of one map, whole units */
	char name[2 * NAME_BYTES + 1];
	pthread_mutex_t lock; /* of what follows; not held while below reads */
	unsigned char *map;
	uint64_t used;		       /* bytes, of units */
	uint64_t dirty_from, dirty_to; /* bytes of the map since a flush */
	pthread_mutex_t flushing;      /* taken before the other one */
	_Atomic bool broken;	       /* a flush has failed: so will all */
};

/* --- the file ---------------------------------------------------------- */

static uint64_t
map_at(const struct overlay *o, bool stable)
{
	return HEAD_SIZE + (stable ? o->map_size : 0);
}

static uint64_t
sectors_at(const struct overlay *o)
{
	return HEAD_SIZE + 2 * o->map_size;
}

/* All of it, or -1 with errno. */
static int
write_all(int fd, const void *bytes, size_t len, uint64_t offset)
{
	const unsigned char *in = bytes;
	ssize_t n;

	for (; len > 0; in += n, len -= (size_t)n, offset += (uint64_t)n) {
		n = pwrite(fd, in, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			n = 0;
		if (n == -1)
			return -1;
	}
	return 0;
}

/* All of it, or -1 with errno: EIO where the file ends before. */
static int
read_all(int fd, void *buf, size_t len, uint64_t offset)
{
	unsigned char *out = buf;
	ssize_t n;

	for (; len > 0; out += n, len -= (size_t)n, offset += (uint64_t)n) {
		do
			n = pread(fd, out, len, (off_t)offset);
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
	snprintf(why->text, sizeof(why->text), "unable to use the overlay: %s",
	    text);
	return -1;
}

/* The head's text, all but its line of the name, which differs. */
static void
format_head(char head[HEAD_SIZE], const struct overlay *o, const char *identity,
    const char *boot)
{
	memset(head, 0, HEAD_SIZE);
	snprintf(head, HEAD_SIZE,
	    MAGIC "name: %s\nboot: %s\nbytes: %" PRIu64 "\nof:\n%s\n", o->name,
	    boot, o->size, identity);
}

static int
make_file(struct overlay *o, const char *identity, const char *boot,
    struct fault *why)
{
	unsigned char random[NAME_BYTES];
	char head[HEAD_SIZE];
	size_t i;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return fail(why, EX_OSERR, "no random numbers");
	for (i = 0; i < NAME_BYTES; i++)
		sprintf(o->name + 2 * i, "%02x", random[i]);
	format_head(head, o, identity, boot);
	/* Its whole length, so that a file which was cut short is noticed. */
	if (ftruncate(o->fd, (off_t)(sectors_at(o) + o->size)) == 0 &&
	    write_all(o->fd, head, HEAD_SIZE, 0) == 0 && fsync(o->fd) == 0)
		return 0;
	fail(why, EX_CANTCREAT, strerror(errno));
	/* Half of one would be refused for ever. */
	if (ftruncate(o->fd, 0) == -1)
		fail(why, EX_IOERR, strerror(errno));
	return -1;
}

/* The first byte of a map, from `at` on, that may not be zero; or its end. */
static uint64_t
next_data(const struct overlay *o, bool stable, uint64_t at)
{
	uint64_t begin = map_at(o, stable);
	off_t found = lseek(o->fd, (off_t)(begin + at), SEEK_DATA);

	if (found == -1)
		return errno == ENXIO ? o->map_size : at;
	at = (uint64_t)found - begin;
	return at < o->map_size ? at : o->map_size;
}

/*
 * Have one of the maps in memory, and make the other one like it. Only what is
 * no hole is looked at: the map of a large image is large.
 */
static int
take_map(struct overlay *o, bool stable)
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
		if (read_all(o->fd, piece, n, map_at(o, stable) + at) == -1 ||
		    read_all(o->fd, other, n, map_at(o, !stable) + at) == -1)
			return -1;
		memcpy(o->map + at, piece, n);
		for (i = 0; i < n; i++)
			o->used += piece[i] != 0 ? OVERLAY_UNIT : 0;
		if (memcmp(piece, other, n) != 0 &&
		    write_all(o->fd, piece, n, map_at(o, !stable) + at) == -1)
			return -1;
	}
}

/* Take up what another process left. */
static int
take_file(struct overlay *o, uint64_t length, const char *identity,
    const char *boot, struct fault *why)
{
	char head[HEAD_SIZE], mine[HEAD_SIZE], was[BOOT_SIZE];
	bool same_boot;

	if (length < HEAD_SIZE)
		return fail(why, EX_DATAERR, "the file is none");
	if (read_all(o->fd, head, HEAD_SIZE, 0) == -1)
		return fail(why, EX_IOERR, strerror(errno));
	head[HEAD_SIZE - 1] = '\0';
	if (sscanf(head, MAGIC "name: %32[0-9a-f]\nboot: %39s\n", o->name,
		was) != 2)
		return fail(why, EX_DATAERR, "the file is none");
	format_head(mine, o, identity, was);
	if (memcmp(head, mine, HEAD_SIZE) != 0)
		return fail(why, EX_DATAERR, "it is one of another image");
	if (length != sectors_at(o) + o->size)
		return fail(why, EX_DATAERR, "the file was cut");
	same_boot = strcmp(was, boot) == 0 && strcmp(boot, UNKNOWN) != 0;
	/*
	 * In the same boot what was written last may be on no disk yet, and
	 * its writer is gone, who knew: it is settled now. After another one
	 * what is not known to be on the disk may not come back later.
	 */
	format_head(head, o, identity, boot);
	if (fdatasync(o->fd) == -1 || take_map(o, !same_boot) == -1 ||
	    fdatasync(o->fd) == -1 ||
	    (!same_boot && write_all(o->fd, head, HEAD_SIZE, 0) == -1))
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

static int
open_file(struct overlay *o, const char *identity, struct fault *why)
{
	char boot[BOOT_SIZE];
	struct stat st;

	if (lock_file(o->fd) == -1)
		return fail(why, EX_TEMPFAIL, "another process does");
	if (fstat(o->fd, &st) == -1 || !S_ISREG(st.st_mode))
		return fail(why, EX_DATAERR, "it is no file");
	if (strlen(identity) > HEAD_SIZE / 2)
		return fail(why, EX_DATAERR, "the image's name is too long");
	read_boot(boot);
	return st.st_size == 0
		   ? make_file(o, identity, boot, why)
		   : take_file(o, (uint64_t)st.st_size, identity, boot, why);
}

struct overlay *
overlay_open(int fd, const char *identity, uint64_t size, uint64_t limit,
    struct fault *why)
{
	struct overlay *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		close(fd);
		fail(why, EX_OSERR, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&o->lock, NULL);
	pthread_mutex_init(&o->flushing, NULL);
	o->fd = fd;
	o->size = size;
	o->limit = limit;
	o->map_size = (size + OVERLAY_UNIT - 1) / OVERLAY_UNIT;
	/* Whole units, so that what follows begins with one. */
	o->map_size += -o->map_size % OVERLAY_UNIT;
	if (o->map_size <= SIZE_MAX / 2)
		o->map = calloc(1, (size_t)o->map_size);
	if (o->map == NULL)
		fail(why, EX_OSERR, "out of memory");
	else if (open_file(o, identity, why) == 0) {
		return o;
	}
	overlay_close(o);
	return NULL;
}

const char *
overlay_name(const struct overlay *o)
{
	return o->name;
}

/* --- sectors ----------------------------------------------------------- */

static bool
is_here(const struct overlay *o, uint64_t sector)
{
	return o->map[sector / 8] >> sector % 8 & 1;
}

/* How many bytes from offset on are all here, or all not? */
static size_t
run_of(struct overlay *o, uint64_t offset, size_t len, bool *here)
{
	uint64_t sector = offset / OVERLAY_SECTOR;
	uint64_t end = offset + len;

	pthread_mutex_lock(&o->lock);
	*here = is_here(o, sector);
	while (++sector * OVERLAY_SECTOR < end && is_here(o, sector) == *here)
		continue;
	pthread_mutex_unlock(&o->lock);
	if (sector * OVERLAY_SECTOR < end)
		end = sector * OVERLAY_SECTOR;
	return (size_t)(end - offset);
}

int
overlay_read(struct overlay *o, void *buf, size_t len, uint64_t offset,
    overlay_below *below, void *ctx)
{
	unsigned char *out = buf;
	bool here;
	size_t n;

	for (; len > 0; len -= n, out += n, offset += n) {
		n = run_of(o, offset, len, &here);
		if (here ? read_all(o->fd, out, n, sectors_at(o) + offset) == -1
			 : below(ctx, out, n, offset) == -1)
			return -1;
	}
	return 0;
}

/* The units of [first, end), by their bytes of the map, that are new. */
static uint64_t
new_bytes(const struct overlay *o, uint64_t first, uint64_t end)
{
	uint64_t bytes = 0;

	for (; first < end; first++)
		bytes += o->map[first] == 0 ? OVERLAY_UNIT : 0;
	return bytes;
}

int
overlay_write(struct overlay *o, const void *buf, size_t len, uint64_t offset)
{
	uint64_t sector = offset / OVERLAY_SECTOR, last;
	uint64_t first = offset / OVERLAY_UNIT, end;
	uint64_t more;
	int result = -1;

	if (offset % OVERLAY_SECTOR != 0 || len % OVERLAY_SECTOR != 0) {
		errno = EINVAL;
		return -1;
	}
	if (len == 0)
		return 0;
	last = (offset + len) / OVERLAY_SECTOR;
	end = (offset + len + OVERLAY_UNIT - 1) / OVERLAY_UNIT;
	pthread_mutex_lock(&o->lock);
	more = new_bytes(o, first, end);
	if (more > 0 && (more > o->limit || o->used > o->limit - more)) {
		errno = ENOSPC;
	} else if (write_all(o->fd, buf, len, sectors_at(o) + offset) == 0) {
		for (; sector < last; sector++)
			o->map[sector / 8] |= (unsigned char)(1 << sector % 8);
		o->used += more;
		if (first < o->dirty_from || o->dirty_to == 0)
			o->dirty_from = first;
		if (end > o->dirty_to)
			o->dirty_to = end;
		result = write_all(o->fd, o->map + first, end - first,
		    map_at(o, false) + first);
	}
	pthread_mutex_unlock(&o->lock);
	return result;
}

/* The data first, then the map that says so. Returns 0 or -1 with errno. */
static int
settle(struct overlay *o, const unsigned char *map, uint64_t from, size_t len)
{
	if (fdatasync(o->fd) == -1 ||
	    write_all(o->fd, map, len, map_at(o, true) + from) == -1)
		return -1;
	return fdatasync(o->fd);
}

int
overlay_flush(struct overlay *o)
{
	unsigned char *map = NULL;
	uint64_t from;
	int result = 0;
	size_t len;

	pthread_mutex_lock(&o->flushing);
	pthread_mutex_lock(&o->lock);
	from = o->dirty_from;
	len = (size_t)(o->dirty_to - from);
	if (o->broken) {
		errno = EIO;
		result = -1;
	} else if (len > 0) {
		map = malloc(len);
		result = map != NULL ? 0 : -1;
	}
	if (map != NULL) {
		memcpy(map, o->map + from, len);
		o->dirty_from = o->dirty_to = 0;
	}
	pthread_mutex_unlock(&o->lock);
	if (map != NULL && settle(o, map, from, len) == -1) {
		/* Linux reports it once, and forgets what it did not write. */
		o->broken = true;
		result = -1;
	}
	free(map);
	pthread_mutex_unlock(&o->flushing);
	return result;
}

void
overlay_close(struct overlay *o)
{
	if (o == NULL)
		return;
	if (o->map != NULL)
		overlay_flush(o);
	close(o->fd);
	free(o->map);
	pthread_mutex_destroy(&o->flushing);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
