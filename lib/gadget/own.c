/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "drive/ask.h"
#include "drive/place.h"
#include "gadget/configfs.h"
#include "gadget/create.h"
#include "gadget/identity.h"
#include "gadget/own.h"

/* The function's instance is the name by which its FunctionFS is mounted. */
#define INSTANCE "vmedia%u"
#define FUNCTION "ffs." INSTANCE
#define CONFIG	 "configs/c.1/"

bool
own_is(struct gadget *gadget, unsigned slot)
{
	gadget_at(gadget, "functions/" FUNCTION, slot);
	return faccessat(gadget->dir, gadget->at, F_OK, 0) == 0;
}

/* --- the function --------------------------------------------------------- */

/* Remove what is at gadget->at, if it is there. */
static int
remove_at(struct gadget *gadget, int flags)
{
	return unlinkat(gadget->dir, gadget->at, flags) == 0 || errno == ENOENT
		   ? 0
		   : -1;
}

static int
unlink_slot(struct gadget *gadget, unsigned slot)
{
	gadget_at(gadget, CONFIG FUNCTION, slot);
	if (remove_at(gadget, 0) == -1)
		return -1;
	gadget_at(gadget, CONFIG "mass_storage.%u", slot);
	return remove_at(gadget, 0);
}

/* The functions are linked in the order of the slots: the host numbers them so. */
static int
link_slots(struct gadget *gadget)
{
	char function[32];
	unsigned n;

	for (n = 0; n < GADGET_SLOTS; n++)
		if (unlink_slot(gadget, n) == -1)
			return -1;
	for (n = 0; n < GADGET_SLOTS; n++) {
		if (!gadget_has_slot(gadget, n))
			continue;
		snprintf(function, sizeof(function),
		    own_is(gadget, n) ? FUNCTION : "mass_storage.%u", n);
		if (gadget_link_function(gadget, function) == -1)
			return -1;
	}
	return 0;
}

static int
mount_function(struct gadget *gadget, unsigned slot)
{
	char name[16], path[PATH_MAX];

	snprintf(name, sizeof(name), INSTANCE, slot);
	gadget_at(gadget, "functions/" FUNCTION, slot);
	return mount(name, drive_path(slot, "usb", path), "functionfs",
	    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

int
own_remove(struct gadget *gadget, unsigned slot)
{
	char path[PATH_MAX];

	if (unlink_slot(gadget, slot) == -1)
		return -1;
	gadget_at(gadget, "functions/" FUNCTION, slot);
	/* EINVAL: it is not mounted. */
	if (umount2(drive_path(slot, "usb", path), UMOUNT_NOFOLLOW) == -1 &&
	    errno != EINVAL && errno != ENOENT)
		return -1;
	return remove_at(gadget, AT_REMOVEDIR);
}

enum gadget_result
own_take(struct gadget *gadget, unsigned slot, struct gadget_medium *held)
{
	enum gadget_result result = GADGET_DONE;

	if (!own_is(gadget, slot))
		result = gadget_find_held(gadget, GADGET_SLOTS, held);
	if (result != GADGET_DONE)
		return result;
	if (gadget_unbind(gadget) == -1 || own_remove(gadget, slot) == -1)
		return GADGET_FAILED;
	gadget_at(gadget, "functions/" FUNCTION, slot);
	if (mkdirat(gadget->dir, gadget->at, 0755) == -1 ||
	    link_slots(gadget) == -1 || mount_function(gadget, slot) == -1)
		return GADGET_FAILED;
	return GADGET_DONE;
}

int
own_give_back(struct gadget *gadget, unsigned slot)
{
	if (gadget_unbind(gadget) == -1 || own_remove(gadget, slot) == -1)
		return -1;
	return link_slots(gadget);
}

/* --- the drive ------------------------------------------------------------- */

int
own_describe(struct gadget *gadget, unsigned slot, char text[static 64],
    struct scsi_setup *setup)
{
	struct gadget_identity usual;
	struct gadget_medium drive;

	if (gadget_get_drive(gadget, slot, &drive) == -1)
		return -1;
	gadget_at_lun(gadget, slot, "inquiry_string");
	if (gadget_get(gadget, text, 64) == -1) {
		if (errno != ENOENT) /* this kernel has none */
			return -1;
		gadget_identity_init(&usual);
		gadget_identity_inquiry(&usual, drive.type, text);
	}
	/* SPC-4, standard INQUIRY data: 8, 16 and 4 characters. */
	setup->type = drive.type == IMAGE_CD ? SCSI_CD : SCSI_DISK;
	setup->vendor = text;
	setup->product = text + strnlen(text, 8);
	setup->revision = text + strnlen(text, 24);
	return 0;
}

bool
own_may_halt(struct gadget *gadget, unsigned slot)
{
	char stall[4];

	gadget_at(gadget, "functions/mass_storage.%u/stall", slot);
	return gadget_get(gadget, stall, sizeof(stall)) == -1 || *stall == '1';
}

/* --- its program ------------------------------------------------------------ */

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

	gadget_at(gadget, "functions/" FUNCTION, slot);
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

	gadget_at(gadget, "functions/" FUNCTION, slot);
	if (!drive_is_alive(slot) ||
	    drive_ask_end(slot, OWN_MS, &why, "remove") == 0)
		return 0;
	errno = errno_of(&why);
	return -1;
}
