/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "overlay-file.h"
#include "overlay.h"

_Static_assert(
    OVERLAY_UNIT == 8 * OVERLAY_SECTOR && OVERLAY_UNIT == OVERLAY_FILE_UNIT,
    "a byte of the map is a unit");

struct overlay {
	struct overlay_file file;
	uint64_t limit;	      /* bytes */
	pthread_mutex_t lock; /* guards what follows, file.map and file.used;
				 not held while below reads */
	uint64_t dirty_from, dirty_to; /* bytes of the map to flush */
	pthread_mutex_t flushing;      /* locked before `lock` */
	_Atomic bool broken; /* a flush has failed: all later ones must fail */
};

struct overlay *
overlay_open(int fd, const char *identity, uint64_t size, uint64_t limit,
    struct fault *why)
{
	struct overlay *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		close(fd);
		why->kind = FAULT_REQUEST;
		why->status = EX_OSERR;
		snprintf(why->text, sizeof(why->text), "out of memory");
		return NULL;
	}
	pthread_mutex_init(&o->lock, NULL);
	pthread_mutex_init(&o->flushing, NULL);
	o->limit = limit;
	if (overlay_file_open(&o->file, fd, identity, size, why) == 0)
		return o;
	overlay_close(o);
	return NULL;
}

const char *
overlay_name(const struct overlay *o)
{
	return o->file.name;
}

/* --- sectors ----------------------------------------------------------- */

static bool
is_here(const struct overlay *o, uint64_t sector)
{
	return o->file.map[sector / 8] >> sector % 8 & 1;
}

/* Returns how many bytes from offset on the overlay has (*here) or lacks. */
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
		if (here ? overlay_file_read(&o->file, out, n,
			       overlay_file_sectors(&o->file) + offset) == -1
			 : below(ctx, out, n, offset) == -1)
			return -1;
	}
	return 0;
}

/* Returns how many bytes the units [first, end) would add to file.used. */
static uint64_t
new_bytes(const struct overlay *o, uint64_t first, uint64_t end)
{
	uint64_t bytes = 0;

	for (; first < end; first++)
		bytes += o->file.map[first] == 0 ? OVERLAY_UNIT : 0;
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
	if (o->broken) {
		errno = EIO; /* no flush can make this write durable */
	} else if (more > 0 &&
		   (more > o->limit || o->file.used > o->limit - more)) {
		errno = ENOSPC;
	} else if (overlay_file_write(&o->file, buf, len,
		       overlay_file_sectors(&o->file) + offset) == 0) {
		for (; sector < last; sector++)
			o->file.map[sector / 8] |=
			    (unsigned char)(1 << sector % 8);
		o->file.used += more;
		if (first < o->dirty_from || o->dirty_to == 0)
			o->dirty_from = first;
		if (end > o->dirty_to)
			o->dirty_to = end;
		result = overlay_file_write(&o->file, o->file.map + first,
		    end - first, overlay_file_map(&o->file, false) + first);
	}
	pthread_mutex_unlock(&o->lock);
	return result;
}

/* Sync the data, then write and sync the map. Returns 0 or -1 with errno. */
static int
settle(struct overlay *o, const unsigned char *map, uint64_t from, size_t len)
{
	if (fdatasync(o->file.fd) == -1 ||
	    overlay_file_write(&o->file, map, len,
		overlay_file_map(&o->file, true) + from) == -1)
		return -1;
	return fdatasync(o->file.fd);
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
		memcpy(map, o->file.map + from, len);
		o->dirty_from = o->dirty_to = 0;
	}
	pthread_mutex_unlock(&o->lock);
	if (map != NULL && settle(o, map, from, len) == -1) {
		/* Linux reports the error only once, and may drop the data. */
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
	if (o->file.map != NULL)
		overlay_flush(o);
	overlay_file_close(&o->file);
	pthread_mutex_destroy(&o->flushing);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
