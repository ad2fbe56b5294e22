/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drive/place.h"
#include "gadget/configfs.h"
#include "gadget/identity.h"
#include "gadget/own.h"

#define CONFIG "configs/c.1/"

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
	gadget_at(gadget, CONFIG OWN_FUNCTION, slot);
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
		    gadget_is_own(gadget, n) ? OWN_FUNCTION : "mass_storage.%u",
		    n);
		if (gadget_link_function(gadget, function) == -1)
			return -1;
	}
	return 0;
}

static int
mount_function(struct gadget *gadget, unsigned slot)
{
	char name[16], path[PATH_MAX];

	snprintf(name, sizeof(name), OWN_INSTANCE, slot);
	gadget_at(gadget, "functions/" OWN_FUNCTION, slot);
	return mount(name, drive_path(slot, "usb", path), "functionfs",
	    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

int
own_remove(struct gadget *gadget, unsigned slot)
{
	char path[PATH_MAX];

	if (unlink_slot(gadget, slot) == -1)
		return -1;
	gadget_at(gadget, "functions/" OWN_FUNCTION, slot);
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

	if (!gadget_is_own(gadget, slot))
		result = gadget_find_held(gadget, GADGET_SLOTS, held);
	if (result != GADGET_DONE)
		return result;
	if (gadget_unbind(gadget) == -1 || own_remove(gadget, slot) == -1)
		return GADGET_FAILED;
	gadget_at(gadget, "functions/" OWN_FUNCTION, slot);
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
