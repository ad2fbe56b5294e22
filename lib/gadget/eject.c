/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "gadget/eject.h"
#include "gadget/lun.h"
#include "gadget/own-ask.h"

#define PAUSE_MS 50

static int
eject_unlocked(struct gadget *gadget, unsigned slot, int ms)
{
	int64_t end = clock_ms() + ms;
	int rc;

	while ((rc = gadget_eject(gadget, slot)) == -1 && errno == EBUSY &&
	       clock_ms() < end)
		clock_sleep_ms(PAUSE_MS);
	return rc;
}

/* A vm-drive without a medium still knows whether all of it was written out. */
static bool
is_emptied(struct gadget *gadget, const struct gadget_medium *medium)
{
	return *medium->file == '\0' && gadget_is_own(gadget, medium->slot);
}

int
gadget_eject_medium(
    struct gadget *gadget, unsigned slot, const char *file, int ms)
{
	struct gadget_medium medium;

	if (file != NULL) {
		if (gadget_get_medium(gadget, slot, &medium) == -1)
			return -1;
		/* A read of the drive's state waits only for a medium. */
		if (!medium.unknown && strcmp(medium.file, file) != 0 &&
		    !is_emptied(gadget, &medium))
			return 0;
	}
	if (ms == EJECT_DISCARD && gadget_is_own(gadget, slot))
		return own_eject(gadget, slot, "discard");
	return ms < 0 ? gadget_eject_forced(gadget, slot)
		      : eject_unlocked(gadget, slot, ms);
}
