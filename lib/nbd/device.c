/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"
#include "nbd/device.h"

#define PREFIX	     "/dev/nbd"
#define INDEX_MAX    1023
#define WRITE_OUT_MS 1000 /* between two writes */

int
nbd_device_parse(const char *device, struct failure *why)
{
	uint64_t index;

	if (strncmp(device, PREFIX, strlen(PREFIX)) != 0 ||
	    number_parse(device + strlen(PREFIX), 0, INDEX_MAX, &index) == -1)
		return fail(
		    why, EX_USAGE, "unable to use %s: not /dev/nbdN", device);
	if (!nbd_kernel_exists((int)index))
		return fail(why, EX_NOINPUT, "unable to use %s: no such device",
		    device);
	return (int)index;
}

int
nbd_device_open_kernel(struct nbd_kernel *k, struct failure *why)
{
	if (nbd_kernel_open(k) == 0)
		return 0;
	if (errno == ENOENT)
		return fail(why, EX_UNAVAILABLE,
		    "unable to use the kernel's NBD: not loaded "
		    "(modprobe nbd max_part=0)");
	return fail_errno(why, EX_OSERR, "unable to use the kernel's NBD");
}

int
nbd_device_take_over(int index, const char *identity, struct nbd_connection *c,
    struct failure *why)
{
	if (nbd_kernel_look(index, c->identity, &c->size) == -1)
		return fail_errno(
		    why, EX_NOINPUT, "unable to take over /dev/nbd%d", index);
	if (identity != NULL && strcmp(identity, c->identity) != 0)
		return fail_because(why, CAUSE_CHANGED, EX_DATAERR,
		    "unable to take over /dev/nbd%d: it is another image",
		    index);
	return 0;
}

int
nbd_device_detach(int index, struct failure *why)
{
	struct nbd_kernel k;
	int result;

	if (nbd_device_open_kernel(&k, why) == -1)
		return -1;
	result = nbd_kernel_disconnect(&k, index);
	if (result == -1)
		fail_errno(why, errno == EPERM ? EX_NOPERM : EX_OSERR,
		    "unable to detach /dev/nbd%d", index);
	nbd_kernel_close(&k);
	if (result == 0 && !nbd_kernel_await(index, false))
		return fail(why, EX_TEMPFAIL,
		    "unable to detach /dev/nbd%d: a process has it open",
		    index);
	return result;
}

/*
 * The gadget writes to this machine's page cache. A Linux host believes that a
 * USB disk has no cache, and never flushes it (drivers/usb/storage/scsiglue.c
 * sets skip_ms_page_8). The kernel reports an error once to each process that
 * had the device open when the error happened
 * (Documentation/core-api/errseq.rst): therefore the caller keeps fd open all
 * the time.
 */
int
nbd_device_write_out(int fd, const char *device, int stop, struct failure *why)
{
	struct pollfd p = {stop, POLLIN, 0};
	int stopped;

	do {
		stopped = poll(&p, 1, WRITE_OUT_MS);
		if (fsync(fd) == -1)
			return fail(why, EX_IOERR,
			    "unable to write out %s: some of the written data "
			    "is lost",
			    device);
	} while (stopped < 1);
	return 0;
}
