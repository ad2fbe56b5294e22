/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How large the medium is (SBC-3; MMC-6).
 */
#include "scsi/internal.h"

#define PARTIAL		     0x01 /* PMI: bit of the command */
#define CAPACITY_16	     0x10 /* service action */
#define DESCRIPTOR_FORMATTED 2
#define DESCRIPTOR_NO_MEDIUM 3

void
scsi_run_capacity(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *to;

	if (!(cdb[8] & PARTIAL) && get32(cdb + 2) != 0) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	to = scsi_add(job, 8);
	put32(to, most32(unit->blocks - 1));
	put32(to + 4, unit->block_size);
	scsi_answer(job, 8);
}

void
scsi_run_capacity16(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *to;

	if ((cdb[1] & 0x1f) != CAPACITY_16 ||
	    (!(cdb[14] & PARTIAL) && get64(cdb + 2) != 0)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	to = scsi_add(job, 32);
	put64(to, unit->blocks - 1);
	put32(to + 8, unit->block_size);
	to[14] = unit->trim ? 0x80 : 0; /* LBPME */
	scsi_answer(job, get32(cdb + 10));
}

/* Windows asks it of disks, too; an empty drive answers. */
void
scsi_run_format_capacities(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, 12);

	to[3] = 8; /* bytes of the list: one descriptor */
	if (unit->present) {
		put32(to + 4, most32(unit->blocks));
		to[8] = DESCRIPTOR_FORMATTED;
		put24(to + 9, unit->block_size);
	} else {
		put32(to + 4, UINT32_MAX);
		to[8] = DESCRIPTOR_NO_MEDIUM;
		put24(to + 9, unit->type == SCSI_CD ? 2048 : 512);
	}
	scsi_answer(job, get16(cdb + 7));
}
