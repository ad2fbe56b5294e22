/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What happens to a logical unit other than commands.
 */
#include <errno.h>
#include <string.h>

#include "scsi/internal.h"

#define CD_BLOCKS	 360000u  /* 80 minutes of 75 blocks a second */
#define DVD_LAYER_BLOCKS 2298496u /* DVD-R, the largest of one layer */
#define DVD_BLOCKS	 4173824u /* DVD+R DL, the largest of two */

/* Copy a text, with spaces behind it. Returns its length. */
static uint8_t
copy_text(char *to, size_t size, const char *from)
{
	size_t length = 0;

	memset(to, ' ', size);
	for (; length < size && from[length] != '\0'; length++)
		to[length] = from[length] < ' ' || from[length] > '~'
				 ? '?'
				 : from[length];
	return (uint8_t)length;
}

void
scsi_init(struct scsi_unit *unit, const struct scsi_setup *setup)
{
	memset(unit, 0, sizeof(*unit));
	unit->type = (uint8_t)setup->type;
	copy_text(unit->vendor, sizeof(unit->vendor), setup->vendor);
	copy_text(unit->product, sizeof(unit->product), setup->product);
	copy_text(unit->revision, sizeof(unit->revision), setup->revision);
	unit->serial_length =
	    copy_text(unit->serial, sizeof(unit->serial), setup->serial);
	scsi_reset(unit);
	unit->attention = ATTENTION_RESET;
	unit->layout = SCSI_LAYOUT;
}

static bool
can_show(uint8_t type, uint64_t blocks, uint32_t block_size, bool writable)
{
	if (blocks == 0 || blocks > INT64_MAX / 4096)
		return false;
	if (type == SCSI_CD)
		return block_size == 2048 && !writable;
	return block_size == 512 || block_size == 4096;
}

bool
scsi_is_valid(const struct scsi_unit *unit)
{
	return unit->layout == SCSI_LAYOUT &&
	       (unit->type == SCSI_CD || unit->type == SCSI_DISK) &&
	       unit->serial_length <= sizeof(unit->serial) &&
	       (!unit->present || can_show(unit->type, unit->blocks,
				      unit->block_size, unit->writable));
}

int
scsi_insert(struct scsi_unit *unit, const struct scsi_medium *medium)
{
	const uint64_t blocks =
	    medium->block_size > 0 ? medium->bytes / medium->block_size : 0;

	if (!can_show(
		unit->type, blocks, medium->block_size, medium->writable)) {
		errno = EINVAL;
		return -1;
	}
	unit->present = 0;
	unit->blocks = blocks;
	unit->block_size = medium->block_size;
	unit->writable = medium->writable;
	unit->trim = medium->writable && medium->trim;
	unit->tray_open = 0;
	unit->attention_told &= (uint8_t)~ATTENTION_MEDIUM;
	unit->attention |= ATTENTION_MEDIUM;
	unit->events_told = 0;
	unit->events = EVENT_NEW;
	unit->present = 1;
	return 0;
}

/* A change that the host has not seen yet is none any more. */
void
scsi_eject(struct scsi_unit *unit)
{
	unit->tray_open = 1;
	if (!unit->present)
		return;
	unit->present = 0;
	unit->attention &= (uint8_t)~ATTENTION_MEDIUM;
	unit->events_told = 0;
	unit->events = EVENT_REMOVAL;
}

void
scsi_ask_eject(struct scsi_unit *unit)
{
	unit->events_told &= (uint8_t)~EVENT_EJECT_REQUEST;
	if (unit->present)
		unit->events |= EVENT_EJECT_REQUEST;
}

bool
scsi_is_locked(const struct scsi_unit *unit)
{
	return unit->prevented != 0;
}

/*
 * The host has not seen a new medium yet, if that was not told. SAM-5 would have a
 * unit attention, 29/00; but Linux takes any attention of a removable unit for
 * another medium, and fails all that was asked of the medium that is in (scsi_lib.c,
 * scsi_io_completion_action(); sr.c, cd->device->changed). The kernel's own function
 * has none either (f_mass_storage.c, handle_exception()).
 */
void
scsi_reset(struct scsi_unit *unit)
{
	unit->prevented = 0;
	unit->sense = 0;
	unit->sense_told = 0;
	unit->information = UINT64_MAX;
	unit->events_told = 0;
	unit->attention_told = 0;
	scsi_init_pages(unit);
}

enum scsi_profile
scsi_profile(const struct scsi_unit *unit)
{
	if (unit->type != SCSI_CD || !unit->present)
		return SCSI_NO_PROFILE;
	if (unit->blocks <= CD_BLOCKS)
		return SCSI_CD_ROM;
	return unit->blocks <= DVD_BLOCKS ? SCSI_DVD_ROM : SCSI_BD_ROM;
}

bool
scsi_has_two_layers(const struct scsi_unit *unit)
{
	return unit->blocks > DVD_LAYER_BLOCKS;
}
