/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The tray and its lock (MMC-6).
 */
#include "scsi/internal.h"

#define START		0x01 /* bits of START STOP UNIT, byte 4 */
#define LOAD_EJECT	0x02
#define POWER_CONDITION 0xf0
#define PREVENT		0x01 /* bits of PREVENT ALLOW MEDIUM REMOVAL */
#define PERSISTENT	0x02
#define DOOR_OPEN	0x10

void
scsi_run_prevent(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const uint8_t bit =
	    cdb[4] & PERSISTENT ? PREVENTED_PERSISTENTLY : PREVENTED;

	(void)job;
	if (cdb[4] & PREVENT)
		unit->prevented |= bit;
	else
		unit->prevented &= (uint8_t)~bit;
}

static void
eject(struct scsi_unit *unit, struct scsi_job *job)
{
	if (scsi_is_locked(unit)) {
		scsi_refuse(unit, job,
		    unit->present ? SENSE_PREVENTED : SENSE_PREVENTED_EMPTY);
		return;
	}
	if (unit->present)
		job->action = SCSI_EJECTED;
	scsi_eject(unit);
}

/* A power condition changes nothing here, and a stopped unit starts by itself. */
void
scsi_run_start_stop(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const uint8_t how = cdb[4];

	if (how & POWER_CONDITION)
		return;
	if (how & LOAD_EJECT && !(how & START))
		eject(unit, job);
	else if (how & LOAD_EJECT)
		unit->tray_open = 0;
	else if (!(how & START) && unit->present && unit->writable)
		job->action = SCSI_FLUSH;
}

void
scsi_run_mechanism(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, 8);

	to[1] = unit->tray_open ? DOOR_OPEN : 0;
	to[5] = 1; /* slot; it has no entry in a table */
	scsi_answer(job, get16(cdb + 8));
}
