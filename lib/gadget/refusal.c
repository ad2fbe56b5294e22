/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gadget/error.h"
#include "gadget/refusal.h"

/* Returns text that names a slot with a drive of that type, or "". */
static const char *
other_slot(enum image_media type, int ms, char text[32])
{
	int slot = gadget_find_type(type, ms);

	*text = '\0';
	if (slot != -1)
		snprintf(text, 32, "slot %d, or ", slot);
	return text;
}

int
gadget_fail_insertion(struct failure *why, const struct gadget *gadget,
    const struct gadget_insertion *insertion, enum gadget_result result,
    const struct gadget_refusal *refusal)
{
	const struct gadget_medium *held = &refusal->medium;
	enum image_media type = (enum image_media)insertion->type;
	const char *file = insertion->file, *reason = strerror(errno);
	int status = gadget_exit_status(errno);
	unsigned slot = insertion->slot;
	char other[32];

	switch (result) {
	case GADGET_HELD:
		return fail(why, EX_TEMPFAIL,
		    "slot %u holds %s: eject it first", held->slot,
		    held->unknown ? "a medium" : held->file);
	case GADGET_NO_FILE:
		return fail(why, status == EX_UNAVAILABLE ? EX_NOINPUT : status,
		    "unable to open %s: %s", file, reason);
	case GADGET_UNFIT:
		return fail_because(why,
		    refusal->too_large ? CAUSE_TOO_LARGE : CAUSE_USUAL,
		    EX_DATAERR, "unable to use %s: %s", file, refusal->reason);
	case GADGET_ONLY_READS:
		return fail_because(why, CAUSE_TYPE, EX_DATAERR,
		    "slot %u is a cd drive, which is read-only: "
		    "use %s-t disk -R",
		    slot, other_slot(IMAGE_DISK, gadget->ms, other));
	case GADGET_OTHER_TYPE:
		return fail_because(why, CAUSE_TYPE, EX_DATAERR,
		    "slot %u is not a %s drive: use %s-R", slot,
		    image_media_name(type),
		    other_slot(type, gadget->ms, other));
	case GADGET_UNWRITABLE:
		return fail(why, EX_NOPERM,
		    "unable to write to %s: it is read-only", file);
	case GADGET_GONE:
		return fail(why, EX_IOERR,
		    "slot %u is empty: the medium was ejected at once", slot);
	case GADGET_NO_PORT:
		return fail(why, status,
		    "unable to show slot %u to the host: %s", slot,
		    status == EX_TEMPFAIL
			? "another gadget uses the UDC"
			: "there is no such USB device controller (UDC)");
	case GADGET_TOLD:
		*why = refusal->why;
		return -1;
	default:
		return gadget_fail(why, gadget, "insert the medium");
	}
}
