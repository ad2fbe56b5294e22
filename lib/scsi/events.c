/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * GET EVENT STATUS NOTIFICATION, by which hosts learn of a change without a unit
 * attention (MMC-6). Windows and Linux poll it.
 */
#include "scsi/internal.h"

#define POLLED	       0x01 /* bit of the command */
#define NO_EVENT_CLASS 0x80
#define CLASS_MEDIA    4
#define MEDIUM_PRESENT 0x02
#define TRAY_OPEN      0x01
#define POWER_ACTIVE   0x01
#define HEAD	       4

/* Classes: operational change, power, media, device busy. */
#define CLASS_POWER 2
#define SUPPORTED   (1 << 1 | 1 << CLASS_POWER | 1 << CLASS_MEDIA | 1 << 6)

/* The last thing that happened comes before what is asked of the host. */
static uint8_t
media_event(const struct scsi_unit *unit)
{
	const int left = unit->events & ~unit->events_told;

	if (left & EVENT_REMOVAL)
		return 3;
	if (left & EVENT_NEW)
		return 2;
	return left & EVENT_EJECT_REQUEST ? 1 : 0;
}

/* The class to tell of: media, if something happened; else the first of them. */
static unsigned
choose(const struct scsi_unit *unit, unsigned classes)
{
	unsigned class = 0;

	if (classes & 1 << CLASS_MEDIA && media_event(unit) != 0)
		return CLASS_MEDIA;
	while (!(classes & 1 << class))
		class ++;
	return class;
}

/* The event counts as told only if there was room for it. */
static void
add_event(struct scsi_unit *unit, unsigned class, bool fits, uint8_t *to)
{
	if (class == CLASS_POWER)
		to[1] = POWER_ACTIVE;
	if (class != CLASS_MEDIA)
		return;
	to[0] = media_event(unit);
	if (unit->present)
		to[1] |= MEDIUM_PRESENT;
	if (unit->tray_open)
		to[1] |= TRAY_OPEN;
	if (to[0] != 0 && fits)
		unit->events_told |= (uint8_t)(1 << to[0]);
}

void
scsi_run_events(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const unsigned classes = cdb[4] & SUPPORTED;
	const unsigned allocated = get16(cdb + 7);
	unsigned class;
	uint8_t *head;

	if (!(cdb[1] & POLLED)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	head = scsi_add(job, HEAD);
	head[2] = NO_EVENT_CLASS;
	head[3] = SUPPORTED;
	if (classes != 0) {
		class = choose(unit, classes);
		head[2] = (uint8_t) class;
		add_event(unit, class, allocated > HEAD, scsi_add(job, 4));
	}
	put16(head, (uint32_t)job->length - 2);
	scsi_answer(job, allocated);
}
