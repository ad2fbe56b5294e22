/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a disc is, and its track (MMC-6).
 */
#include <string.h>

#include "scsi/internal.h"

/* One finished session. A disc that takes no more has no place for it: all ones. */
void
scsi_run_disc(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *to;

	if ((cdb[1] & 7) != 0) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	to = scsi_add(job, 34);
	put16(to, 32);
	to[2] = 0x0e;	   /* the last session is complete, the disc finished */
	to[3] = 1;	   /* the first track */
	to[4] = 1;	   /* sessions */
	to[5] = to[6] = 1; /* the first and the last track of the last one */
	to[7] = 0x20;	   /* unrestricted use */
	memset(to + 16, 0xff, 8);
	scsi_answer(job, get16(cdb + 7));
}

/* Does the address mean the only track? Its type: block, track, or session. */
static uint32_t
check_address(const struct scsi_unit *unit, unsigned type, uint32_t address)
{
	if (type == 0)
		return scsi_in_range(unit, address, 1) ? 0 : SENSE_RANGE;
	return type <= 2 && address == 1 ? 0 : SENSE_FIELD;
}

void
scsi_run_track(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const uint32_t sense = check_address(unit, cdb[1] & 3, get32(cdb + 2));
	uint8_t *to;

	if (sense != 0) {
		scsi_refuse(unit, job, sense);
		return;
	}
	to = scsi_add(job, 48);
	put16(to, 46);
	to[2] = 1;    /* track */
	to[3] = 1;    /* session */
	to[5] = 0x04; /* data, written at once */
	to[6] = 0x01; /* mode 1 */
	to[7] = 0x02; /* the last block is known */
	put32(to + 24, most32(unit->blocks));
	put32(to + 28, most32(unit->blocks - 1));
	scsi_answer(job, get16(cdb + 7));
}
