/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "gadget/eject.h"
#include "gadget/lun.h"

#define PAUSE_MS 50

int
gadget_eject_unlocked(struct gadget *gadget, unsigned slot, int ms)
{
	int64_t end = clock_ms() + ms;
	int rc;

	while ((rc = gadget_eject(gadget, slot)) == -1 && errno == EBUSY &&
	       clock_ms() < end)
		clock_sleep_ms(PAUSE_MS);
	return rc;
}

int
gadget_holds(struct gadget *gadget, unsigned slot, const char *file)
{
	struct gadget_medium medium;

	if (gadget_get_medium(gadget, slot, &medium) == -1)
		return -1;
	return medium.unknown || strcmp(medium.file, file) == 0;
}
