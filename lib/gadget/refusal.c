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
gadget_refusal_text(const struct gadget_insertion *insertion,
    enum gadget_result result, const struct gadget_refusal *refusal, int ms,
    char why[static GADGET_WHY_SIZE], enum cause *cause)
{
	enum image_media type = (enum image_media)insertion->type;
	const char *file = insertion->file, *reason = strerror(errno);
	int status = gadget_exit_status(errno);
	unsigned slot = insertion->slot;
	char other[32];

	*cause = CAUSE_USUAL;
	switch (result) {
	case GADGET_HELD:
		snprintf(why, GADGET_WHY_SIZE,
		    "slot %u holds %s: eject it first", refusal->medium.slot,
		    refusal->medium.unknown ? "a medium"
					    : refusal->medium.file);
		return EX_TEMPFAIL;
	case GADGET_NO_FILE:
		snprintf(why, GADGET_WHY_SIZE, "unable to open %s: %s", file,
		    reason);
		return status == EX_UNAVAILABLE ? EX_NOINPUT : status;
	case GADGET_UNFIT:
		snprintf(why, GADGET_WHY_SIZE, "unable to use %s: %s", file,
		    refusal->reason);
		if (refusal->too_large)
			*cause = CAUSE_TOO_LARGE;
		return EX_DATAERR;
	case GADGET_ONLY_READS:
		snprintf(why, GADGET_WHY_SIZE,
		    "slot %u is a cd drive, which is read-only: "
		    "use %s-t disk -R",
		    slot, other_slot(IMAGE_DISK, ms, other));
		*cause = CAUSE_TYPE;
		return EX_DATAERR;
	case GADGET_OTHER_TYPE:
		snprintf(why, GADGET_WHY_SIZE,
		    "slot %u is not a %s drive: use %s-R", slot,
		    image_media_name(type), other_slot(type, ms, other));
		*cause = CAUSE_TYPE;
		return EX_DATAERR;
	case GADGET_UNWRITABLE:
		snprintf(why, GADGET_WHY_SIZE,
		    "unable to write to %s: it is read-only", file);
		return EX_NOPERM;
	case GADGET_GONE:
		snprintf(why, GADGET_WHY_SIZE,
		    "slot %u is empty: the medium was ejected at once", slot);
		return EX_IOERR;
	case GADGET_NO_PORT:
		snprintf(why, GADGET_WHY_SIZE,
		    "unable to show slot %u to the host: %s", slot,
		    status == EX_TEMPFAIL
			? "another gadget uses the UDC"
			: "there is no such USB device controller (UDC)");
		return status;
	default:
		return 0;
	}
}
