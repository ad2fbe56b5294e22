/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/failure.h"
#include "drive/ask.h"
#include "drive/place.h"
#include "gadget/own-ask.h"

static int
errno_of(const struct failure *why)
{
	switch (why->status) {
	case EX_TEMPFAIL:
		return EBUSY;
	case EX_IOERR:
		return why->cause == CAUSE_UNREACHABLE ? ETIMEDOUT : EIO;
	default:
		return EPROTO;
	}
}

static int
ask(struct gadget *gadget, unsigned slot, int ms, const char *request)
{
	struct failure why;

	gadget_at(gadget, "functions/" OWN_FUNCTION, slot);
	if (drive_ask(slot, ms, &why, "%s", request) == 0)
		return 0;
	errno = errno_of(&why);
	return -1;
}

/* A read of a block device whose client is away ends when the device is detached; and
 * vm-slot, which detaches it, waits for this answer. */
static int
eject_ms(const struct gadget *gadget, unsigned slot)
{
	struct drive_medium medium;
	struct stat st;

	return gadget->ms > 0 && drive_get_medium(slot, &medium) &&
		       stat(medium.path, &st) == 0 && S_ISBLK(st.st_mode)
		   ? gadget->ms
		   : OWN_MS;
}

int
own_eject(struct gadget *gadget, unsigned slot, const char *how)
{
	char path[PATH_MAX], request[16];

	if (!drive_is_alive(slot)) {
		unlink(drive_path(slot, "medium", path));
		return 0;
	}
	snprintf(request, sizeof(request), "eject%s%s", *how != '\0' ? " " : "",
	    how);
	return ask(gadget, slot, eject_ms(gadget, slot), request);
}

int
own_retype(struct gadget *gadget, unsigned slot)
{
	return drive_is_alive(slot) ? ask(gadget, slot, OWN_MS, "retype") : 0;
}

int
own_end(struct gadget *gadget, unsigned slot)
{
	struct failure why;

	gadget_at(gadget, "functions/" OWN_FUNCTION, slot);
	if (!drive_is_alive(slot) ||
	    drive_ask_end(slot, OWN_MS, &why, "remove") == 0)
		return 0;
	errno = errno_of(&why);
	return -1;
}
