/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A file or a block device of this machine as a source, so that a local image
 * is served, checked and written to like any other. vm-fetchd, which has the
 * right to, opens it and passes the descriptor.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "sources/threaded-error.h"
#include "sources/threaded-ops.h"

struct local_file {
	int fd;
	uint64_t size; /* from source_config */
};

static int
fail(struct fault *why, const char *what)
{
	/* A disk would fail in the same way again. */
	blocking_fault(why, FAULT_REQUEST, EX_IOERR, "unable to %s it: %s",
	    what, strerror(errno));
	return -1;
}

static void *
file_open(const struct source_config *config, struct fault *why)
{
	struct local_file *file = malloc(sizeof(*file));

	if (file != NULL) {
		file->fd = fcntl(config->fd, F_DUPFD_CLOEXEC, 0);
		file->size = config->size;
	}
	if (file != NULL && file->fd != -1)
		return file;
	free(file);
	fail(why, "open");
	return NULL;
}

static void
file_close(void *context, bool broken)
{
	struct local_file *file = context;

	(void)broken;
	close(file->fd);
	free(file);
}

/* A logical volume consists of whole extents, so its image may be smaller. */
static int
device_stat(struct local_file *file, uint64_t *size, struct fault *why)
{
	if (ioctl(file->fd, BLKGETSIZE64, size) == -1)
		return fail(why, "measure");
	if (file->size > *size) {
		blocking_fault(why, FAULT_REQUEST, EX_DATAERR,
		    "it is smaller than the image");
		return -1;
	}
	if (file->size != 0)
		*size = file->size;
	return 0;
}

static int
file_stat(void *context, struct blocking_file *found, struct fault *why)
{
	struct local_file *file = context;
	struct stat st;

	if (fstat(file->fd, &st) == -1)
		return fail(why, "look at");
	if (S_ISBLK(st.st_mode)) {
		/* The time of a device file says nothing about its content. */
		memset(found, 0, sizeof(*found));
		return device_stat(file, &found->size, why);
	}
	if (!S_ISREG(st.st_mode)) {
		blocking_fault(why, FAULT_REQUEST, EX_DATAERR,
		    "it is neither a file nor a block device");
		return -1;
	}
	found->size = (uint64_t)st.st_size;
	found->seconds = st.st_mtim.tv_sec;
	found->nanoseconds = st.st_mtim.tv_nsec;
	return 0;
}

static ssize_t
file_read(
    void *context, void *buf, size_t len, uint64_t offset, struct fault *why)
{
	struct local_file *file = context;
	ssize_t n = pread(file->fd, buf, len, (off_t)offset);

	return n == -1 ? fail(why, "read") : n;
}

static ssize_t
file_write(void *context, const void *bytes, size_t len, uint64_t offset,
    struct fault *why)
{
	struct local_file *file = context;
	ssize_t n = pwrite(file->fd, bytes, len, (off_t)offset);

	return n == -1 ? fail(why, "write to") : n;
}

static int
file_flush(void *context, struct fault *why)
{
	struct local_file *file = context;

	return fdatasync(file->fd) == -1 ? fail(why, "flush") : 0;
}

const struct blocking_ops module_ops = {
    .piece = 512 * 1024,
    .open = file_open,
    .stat = file_stat,
    .read = file_read,
    .write = file_write,
    .flush = file_flush,
    .close = file_close,
};
