/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "drive/place.h"
#include "gadget/lun.h"
#include "gadget/configfs.h"
#include "gadget/identity.h"
#include "gadget/own-ask.h"

/* --- looking ----------------------------------------------------------- */

int
gadget_get_drive(
    struct gadget *gadget, unsigned slot, struct gadget_medium *medium)
{
	char cdrom[4], ro[4];

	*medium = (struct gadget_medium){.slot = slot};
	gadget_at_lun(gadget, slot, "cdrom");
	if (gadget_get(gadget, cdrom, sizeof(cdrom)) == -1)
		return -1;
	gadget_at_lun(gadget, slot, "ro");
	if (gadget_get(gadget, ro, sizeof(ro)) == -1)
		return -1;
	medium->type = *cdrom == '1' ? IMAGE_CD : IMAGE_DISK;
	medium->ro = *ro == '1';
	return 0;
}

int
gadget_get_medium(
    struct gadget *gadget, unsigned slot, struct gadget_medium *medium)
{
	struct drive_medium own;

	if (gadget_get_drive(gadget, slot, medium) == -1)
		return -1;
	if (gadget_is_own(gadget, slot)) {
		if (drive_get_medium(slot, &own)) {
			strcpy(medium->file, own.path);
			medium->ro = !own.writable;
		}
		return 0;
	}
	gadget_at_lun(gadget, slot, "file");
	if (gadget_get(gadget, medium->file, sizeof(medium->file)) == 0)
		return 0;
	medium->unknown = errno == ETIMEDOUT;
	return medium->unknown ? 0 : -1;
}

bool
gadget_is_held(const struct gadget_medium *medium)
{
	return medium->unknown || *medium->file != '\0';
}

enum gadget_result
gadget_find_held(
    struct gadget *gadget, unsigned except, struct gadget_medium *medium)
{
	unsigned slot;

	for (slot = 0; slot < GADGET_SLOTS; slot++) {
		if (slot == except || !gadget_has_slot(gadget, slot))
			continue;
		if (gadget_get_medium(gadget, slot, medium) == -1)
			return GADGET_FAILED;
		if (gadget_is_held(medium))
			return GADGET_HELD;
	}
	return GADGET_DONE;
}

int
gadget_is_used(struct gadget *gadget)
{
	struct gadget_medium medium;

	switch (gadget_find_held(gadget, GADGET_SLOTS, &medium)) {
	case GADGET_HELD:
		return 1;
	case GADGET_DONE:
		return 0;
	default:
		return -1;
	}
}

int
gadget_find_type(enum image_media type, int ms)
{
	struct gadget_medium medium;
	struct gadget gadget;
	unsigned slot;
	bool found;

	for (slot = 0; slot < GADGET_SLOTS; slot++) {
		if (gadget_open_slot(&gadget, slot, ms) == -1)
			continue;
		found = gadget_get_medium(&gadget, slot, &medium) == 0 &&
			medium.type == type;
		gadget_close(&gadget);
		if (found)
			return (int)slot;
	}
	return -1;
}

/* --- changing ---------------------------------------------------------- */

int
gadget_eject(struct gadget *gadget, unsigned slot)
{
	if (gadget_is_own(gadget, slot))
		return own_eject(gadget, slot, "");
	gadget_at_lun(gadget, slot, "file");
	return gadget_set(gadget, "");
}

/* Call act() while the host does not see the gadget. */
static int
while_unbound(struct gadget *gadget, unsigned slot,
    int (*act)(struct gadget *, unsigned slot, const char *), const char *value)
{
	char udc[UDC_NAME_SIZE], at[sizeof(gadget->at)];
	int rc, saved;

	if (gadget_udc(gadget, udc) == -1 || gadget_unbind(gadget) == -1)
		return -1;
	rc = act(gadget, slot, value);
	saved = errno;
	memcpy(at, gadget->at, sizeof(at));
	if (*udc != '\0' && gadget_bind(gadget, udc) == -1)
		return -1;
	memcpy(gadget->at, at, sizeof(at));
	errno = saved;
	return rc;
}

static int
eject_unbound(struct gadget *gadget, unsigned slot, const char *value)
{
	(void)value;
	return gadget_eject(gadget, slot);
}

/* Kernels before 6.0 have no forced_eject. There, unbinding removes the lock. */
int
gadget_eject_forced(struct gadget *gadget, unsigned slot)
{
	if (gadget_is_own(gadget, slot))
		return own_eject(gadget, slot, "force");
	gadget_at_lun(gadget, slot, "forced_eject");
	if (gadget_set(gadget, "1") == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (gadget_eject(gadget, slot) == 0)
		return 0;
	if (errno != EBUSY)
		return -1;
	return while_unbound(gadget, slot, eject_unbound, NULL);
}

int
gadget_write_type(struct gadget *gadget, unsigned slot, enum image_media type)
{
	gadget_at_lun(gadget, slot, "cdrom");
	if (gadget_set(gadget, type == IMAGE_CD ? "1" : "0") == -1)
		return -1;
	return gadget_identity_retype(gadget, slot, type);
}

static int
set_type(struct gadget *gadget, unsigned slot, const char *name)
{
	if (gadget_write_type(gadget, slot,
		strcmp(name, "cd") == 0 ? IMAGE_CD : IMAGE_DISK) == -1)
		return -1;
	return gadget_is_own(gadget, slot) ? own_retype(gadget, slot) : 0;
}

int
gadget_set_type(struct gadget *gadget, unsigned slot, enum image_media type)
{
	return while_unbound(gadget, slot, set_type, image_media_name(type));
}
