/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drive/ask.h"
#include "drive/place.h"
#include "gadget/insert.h"
#include "gadget/configfs.h"
#include "gadget/own-ask.h"
#include "gadget/presence.h"

/* The file that the kernel will open. */
struct source {
	char path[PATH_MAX]; /* absolute */
	uint64_t size;	     /* bytes */
};

/* --- the file ---------------------------------------------------------- */

/*
 * The kernel would open a read-only block device for writing, and then fail each
 * write of the host.
 */
static enum gadget_result
check_kind(int fd, bool write, const char **reason)
{
	struct stat st;
	int ro;

	if (fstat(fd, &st) == -1)
		return GADGET_NO_FILE;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		*reason = "neither a file nor a block device";
		return GADGET_UNFIT;
	}
	if (write && S_ISBLK(st.st_mode) && ioctl(fd, BLKROGET, &ro) == 0 && ro)
		return GADGET_UNWRITABLE;
	return GADGET_DONE;
}

static bool
is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* What a socket serves the vm-drive will see. */
static enum gadget_result
examine_socket(
    struct source *source, const char *path, bool is_own, const char **reason)
{
	*reason = "only a drive of vmedia's own can use a socket: run vm-drive";
	source->size = 0;
	if (!is_own)
		return GADGET_UNFIT;
	return realpath(path, source->path) != NULL ? GADGET_DONE
						    : GADGET_NO_FILE;
}

static enum gadget_result
examine(const struct gadget_insertion *insertion, bool is_own,
    struct source *source, const char **reason)
{
	enum gadget_result result = GADGET_NO_FILE;
	int fd, saved;
	off_t size;

	if (is_socket(insertion->file))
		return examine_socket(source, insertion->file, is_own, reason);
	/* O_NONBLOCK: opening a FIFO must not wait. */
	fd = open(insertion->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return result;
	if (realpath(insertion->file, source->path) != NULL)
		result = check_kind(fd, insertion->write, reason);
	if (result == GADGET_DONE) {
		size = lseek(fd, 0, SEEK_END);
		if (size == -1)
			result = GADGET_NO_FILE;
		source->size = (uint64_t)size;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

/* May it go into a drive of that type? */
static enum gadget_result
check_fit(const struct gadget_insertion *insertion, uint64_t size,
    enum image_media type, bool is_own, struct gadget_refusal *refusal)
{
	const uint64_t cd_max = is_own ? IMAGE_OWN_MAX : insertion->cd_max;
	const struct image_info info = {.format = IMAGE_RAW, .size = size};

	if (type == IMAGE_CD && insertion->write)
		return GADGET_ONLY_READS;
	if (size == 0 && is_socket(insertion->file))
		return GADGET_DONE;
	refusal->reason = image_media_fits(&info, type, cd_max);
	refusal->too_large = image_media_is_too_large(&info, cd_max);
	return refusal->reason != NULL ? GADGET_UNFIT : GADGET_DONE;
}

/* --- the drive --------------------------------------------------------- */

static enum gadget_result
retype(struct gadget *gadget, const struct gadget_insertion *insertion,
    enum image_media type, struct gadget_medium *medium)
{
	enum gadget_result result;

	if (!insertion->retype)
		return GADGET_OTHER_TYPE;
	result = gadget_find_held(gadget, insertion->slot, medium);
	if (result != GADGET_DONE)
		return result;
	if (gadget_set_type(gadget, insertion->slot, type) == -1)
		return GADGET_FAILED;
	return GADGET_DONE;
}

/*
 * If the file cannot be written to, the kernel opens it read-only without an
 * error, so `ro` is read back. `ro` must be written while the drive is empty:
 * otherwise the kernel returns EBUSY, even for the same value.
 */
static enum gadget_result
load(struct gadget *gadget, const struct gadget_insertion *insertion,
    const char *path)
{
	struct gadget_medium medium;

	gadget_at_lun(gadget, insertion->slot, "ro");
	if (gadget_set(gadget, insertion->write ? "0" : "1") == -1)
		return GADGET_FAILED;
	gadget_at_lun(gadget, insertion->slot, "file");
	if (gadget_set(gadget, path) == -1 ||
	    gadget_get_medium(gadget, insertion->slot, &medium) == -1)
		return GADGET_FAILED;
	if (!gadget_is_held(&medium))
		return GADGET_GONE;
	if (medium.ro == !insertion->write)
		return GADGET_DONE;
	if (gadget_eject_forced(gadget, insertion->slot) == -1)
		return GADGET_FAILED;
	return GADGET_UNWRITABLE;
}

static enum gadget_result
load_own(struct gadget *gadget, const struct gadget_insertion *insertion,
    const char *path, struct failure *why)
{
	struct drive_medium medium = {.writable = insertion->write,
	    .outage = insertion->outage,
	    .block_size = 2048};
	struct gadget_medium drive;
	char line[DRIVE_LINE_MAX];

	gadget_at_lun(gadget, insertion->slot, "ro");
	if (gadget_set(gadget, insertion->write ? "0" : "1") == -1 ||
	    gadget_get_drive(gadget, insertion->slot, &drive) == -1)
		return GADGET_FAILED;
	if (drive.type == IMAGE_DISK)
		medium.block_size = insertion->block_size;
	snprintf(medium.path, sizeof(medium.path), "%s", path);
	return drive_ask(insertion->slot,
		   OWN_MS + 1000 * (int)insertion->outage, why, "insert %s",
		   drive_medium_line(&medium, line)) == 0
		   ? GADGET_DONE
		   : GADGET_TOLD;
}

/* A drive that the host cannot see must not hold the medium. */
static enum gadget_result
show(struct gadget *gadget, unsigned slot)
{
	char at[sizeof(gadget->at)];
	int saved;

	if (gadget_show_on_demand(gadget) == 0)
		return GADGET_DONE;
	saved = errno;
	memcpy(at, gadget->at, sizeof(at));
	gadget_eject_forced(gadget, slot);
	memcpy(gadget->at, at, sizeof(at));
	errno = saved;
	return errno == EBUSY || errno == ENODEV ? GADGET_NO_PORT
						 : GADGET_FAILED;
}

enum gadget_result
gadget_insert(struct gadget *gadget, const struct gadget_insertion *insertion,
    struct gadget_refusal *refusal)
{
	struct gadget_medium *medium = &refusal->medium;
	enum gadget_result result;
	enum image_media type;
	struct source source;
	bool is_own = gadget_is_own(gadget, insertion->slot);

	if (gadget_get_medium(gadget, insertion->slot, medium) == -1)
		return GADGET_FAILED;
	refusal->too_large = false;
	type = medium->type;
	if (insertion->type != -1)
		type = (enum image_media)insertion->type;
	result = examine(insertion, is_own, &source, &refusal->reason);
	if (result != GADGET_DONE)
		return result;
	/* Behind the same socket may be another image by now. */
	if (!is_socket(source.path) && strcmp(medium->file, source.path) == 0 &&
	    medium->type == type && medium->ro == !insertion->write)
		return show(gadget, insertion->slot);
	if (gadget_is_held(medium))
		return GADGET_HELD;
	result = check_fit(insertion, source.size, type, is_own, refusal);
	if (result == GADGET_DONE && type != medium->type)
		result = retype(gadget, insertion, type, medium);
	if (result != GADGET_DONE)
		return result;
	result = is_own
		     ? load_own(gadget, insertion, source.path, &refusal->why)
		     : load(gadget, insertion, source.path);
	return result == GADGET_DONE ? show(gadget, insertion->slot) : result;
}
