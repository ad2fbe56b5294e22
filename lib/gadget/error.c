/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "gadget/error.h"
#include "gadget/gadget.h"

#define ETOOSMALL 525 /* include/linux/errno.h: user space has no name */

int
gadget_exit_status(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	case EBUSY:
		return EX_TEMPFAIL;
	case EIO:
	case ETIMEDOUT: /* EX_TEMPFAIL means that the host has locked the drive */
		return EX_IOERR;
	case ENODEV:
	case ENOENT:
		return EX_UNAVAILABLE;
	case ETOOSMALL:
		return EX_DATAERR;
	default:
		return EX_OSERR;
	}
}

const char *
gadget_strerror(int error)
{
	switch (error) {
	case ETIMEDOUT:
		return "the medium's source does not answer";
	case ETOOSMALL:
		return "too small for the drive";
	default:
		return strerror(error);
	}
}

int
gadget_fail(struct failure *why, const struct gadget *gadget, const char *what)
{
	int error = errno, status = gadget_exit_status(error);
	const char *reason = gadget_strerror(error);
	char name[16];

	if (error == ETIMEDOUT)
		return fail_because(why, CAUSE_UNREACHABLE, status,
		    "unable to %s: %s", what, reason);
	if (error == ENOENT && strncmp(gadget->at, "functions/ffs.", 14) == 0)
		return fail(why, EX_UNAVAILABLE,
		    "unable to %s: this kernel has no FunctionFS: modprobe "
		    "usb_f_fs",
		    what);
	return fail(why, status, "unable to %s: %s/%s: %s", what,
	    gadget_name(gadget->number, name), gadget->at, reason);
}

int
gadget_fail_lock(struct failure *why)
{
	switch (errno) {
	case ENOENT:
		return fail(why, EX_UNAVAILABLE,
		    "there are no USB gadgets in configfs: modprobe "
		    "libcomposite; mount -t configfs none /sys/kernel/config");
	case EWOULDBLOCK:
		return fail(why, EX_TEMPFAIL,
		    "another vm-gadget is running: try again");
	default:
		return fail_errno(why, gadget_exit_status(errno),
		    "unable to use USB gadgets");
	}
}
