/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/ask.h"
#include "drive/place.h"
#include "gadget/error.h"
#include "gadget/own-ask.h"
#include "gadget/own-drive.h"
#include "gadget/presence.h"
#include "unix/atomic-file.h"

#define LOCK_MS	    10000 /* a vm-gadget is done by then */
#define DEADLINE_MS 2000  /* of each access to the kernel */

void
own_drive_init(struct own_drive *d, unsigned slot)
{
	*d =
	    (struct own_drive){.slot = slot, .lock = -1, .gadget = {.dir = -1}};
}

static int
open_slot(struct own_drive *d, struct failure *why)
{
	if (d->gadget.dir != -1 ||
	    gadget_open_slot(&d->gadget, d->slot, DEADLINE_MS) == 0)
		return 0;
	if (errno != ENOENT)
		return fail_errno(why, gadget_exit_status(errno),
		    "unable to use slot %u", d->slot);
	return fail(why, EX_UNAVAILABLE,
	    "slot %u is not set up: see vm-gadget setup", d->slot);
}

/* Another program that changes the gadgets is waited for. */
static int
lock_gadgets(struct own_drive *d, struct failure *why)
{
	if (d->lock == -1)
		d->lock = gadget_lock(LOCK_MS);
	return d->lock != -1 ? 0 : gadget_fail_lock(why);
}

static void
unlock_gadgets(struct own_drive *d)
{
	if (d->lock != -1)
		close(d->lock);
	d->lock = -1;
}

static int
fail_held(const struct gadget_medium *held, struct failure *why)
{
	return fail(why, EX_TEMPFAIL,
	    "slot %u holds %s, and all drives leave the host for a moment "
	    "when a vm-drive starts or ends: eject it first",
	    held->slot, held->unknown ? "a medium" : held->file);
}

int
own_drive_type(struct own_drive *d, enum image_media *type, struct failure *why)
{
	struct gadget_medium drive;

	if (open_slot(d, why) == -1)
		return -1;
	if (gadget_get_drive(&d->gadget, d->slot, &drive) == -1)
		return gadget_fail(why, &d->gadget, "read the drive's type");
	*type = drive.type;
	return 0;
}

/* When a vm-drive dies, the kernel unbinds its gadget; the next one must not show the
 * drive to the host at another port. */
static void
remember_udc(struct own_drive *d)
{
	char path[PATH_MAX];

	/* Without the file the first port that is free is taken. */
	if (*d->udc != '\0')
		replace_file(
		    drive_path(d->slot, "udc", path), d->udc, strlen(d->udc));
	else
		drive_read_line(d->slot, "udc", d->udc, sizeof(d->udc));
}

static int
take(struct own_drive *d, int type, struct failure *why)
{
	struct failure other;

	if (type == -1 ||
	    gadget_write_type(&d->gadget, d->slot, (enum image_media)type) == 0)
		return 0;
	gadget_fail(why, &d->gadget, "change the type of the drive");
	own_drive_give_back(d, &other);
	return -1;
}

int
own_drive_take(struct own_drive *d, int type, struct failure *why)
{
	struct gadget_medium held;
	struct failure other;

	if (lock_gadgets(d, why) == -1 || open_slot(d, why) == -1)
		return -1;
	if (gadget_udc(&d->gadget, d->udc) == -1)
		return gadget_fail(why, &d->gadget, "use the slot");
	remember_udc(d);
	switch (own_take(&d->gadget, d->slot, &held)) {
	case GADGET_DONE:
		return take(d, type, why);
	case GADGET_HELD:
		return fail_held(&held, why);
	default:
		gadget_fail(why, &d->gadget, "make the drive");
		own_drive_give_back(d, &other);
		return -1;
	}
}

bool
own_drive_resumes(struct own_drive *d)
{
	struct failure unused;

	if (open_slot(d, &unused) == -1 ||
	    !gadget_is_own(&d->gadget, d->slot) ||
	    gadget_udc(&d->gadget, d->udc) == -1)
		return false;
	remember_udc(d);
	return true;
}

static int
show(struct own_drive *d)
{
	struct gadget_presence presence;

	if (gadget_get_presence(&d->gadget, &presence) == -1)
		return -1;
	if (!presence.on_demand)
		return gadget_show(&d->gadget, *d->udc != '\0' ? d->udc : NULL);
	return gadget_is_used(&d->gadget) == 1
		   ? gadget_show_on_demand(&d->gadget)
		   : 0;
}

int
own_drive_show(struct own_drive *d, struct failure *why)
{
	int rc = lock_gadgets(d, why);

	if (rc == 0 && (show(d) == -1 || gadget_udc(&d->gadget, d->udc) == -1))
		rc = gadget_fail(why, &d->gadget, "show the drive to the host");
	unlock_gadgets(d);
	return rc;
}

int
own_drive_give_back(struct own_drive *d, struct failure *why)
{
	if (lock_gadgets(d, why) == -1)
		return -1;
	if (own_give_back(&d->gadget, d->slot) == 0)
		return own_drive_show(d, why);
	gadget_fail(
	    why, &d->gadget, "give the slot back to the kernel's drive");
	unlock_gadgets(d);
	return -1;
}

int
own_drive_end(struct own_drive *d, struct failure *why)
{
	struct gadget_medium held;

	if (!drive_is_alive(d->slot))
		return 0;
	if (open_slot(d, why) == -1)
		return -1;
	switch (gadget_find_held(&d->gadget, d->slot, &held)) {
	case GADGET_DONE:
		return drive_ask_end(d->slot, OWN_MS, why, "leave");
	case GADGET_HELD:
		return fail_held(&held, why);
	default:
		return gadget_fail(why, &d->gadget, "look for media");
	}
}

int
own_drive_describe(
    struct own_drive *d, struct scsi_setup *setup, struct failure *why)
{
	static char text[64], serial[16];

	if (own_describe(&d->gadget, d->slot, text, setup) == -1)
		return gadget_fail(why, &d->gadget, "describe the drive");
	snprintf(serial, sizeof(serial), "vmedia%u", d->slot);
	setup->serial = serial;
	return 0;
}
