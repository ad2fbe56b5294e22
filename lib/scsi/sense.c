/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a host is told after CHECK CONDITION (SPC-4, sense data and REQUEST
 * SENSE).
 */
#include "scsi/internal.h"

#define DESCRIPTOR_FORMAT 0x01 /* bit of the command */

static const uint32_t reasons[] = {[SCSI_ABORTED] = SENSE(0x0b, 0x00, 0x06),
    [SCSI_READ_ERROR] = SENSE(0x03, 0x11, 0x00),
    [SCSI_WRITE_ERROR] = SENSE(0x03, 0x0c, 0x00),
    [SCSI_SOURCE_AWAY] = SENSE(0x03, 0x3e, 0x00),
    [SCSI_NOT_READY_YET] = SENSE(0x02, 0x04, 0x01),
    [SCSI_NOT_CONFIGURED] = SENSE(0x02, 0x3e, 0x00),
    [SCSI_NO_SPACE] = SENSE(0x07, 0x27, 0x07),
    [SCSI_WRITE_PROTECTED] = SENSE_PROTECTED,
    [SCSI_MISCOMPARE] = SENSE(0x0e, 0x1d, 0x00),
    [SCSI_FAULT] = SENSE(0x04, 0x44, 0x00)};

void
scsi_refuse(struct scsi_unit *unit, struct scsi_job *job, uint32_t sense)
{
	unit->information = UINT64_MAX;
	unit->sense = sense;
	unit->sense_told = 0;
	job->action = SCSI_DONE;
	job->status = SCSI_CHECK_CONDITION;
}

void
scsi_fail(struct scsi_unit *unit, struct scsi_job *job, enum scsi_reason reason)
{
	const bool moves = job->bytes > 0 && unit->block_size > 0;

	scsi_refuse(unit, job, reasons[reason]);
	if (moves && reason != SCSI_ABORTED)
		unit->information =
		    (job->offset + job->done) / unit->block_size;
	if (reason != SCSI_ABORTED)
		return;
	/* The answer may not have reached the host. */
	unit->attention_told = 0;
	unit->events_told = 0;
}

uint32_t
scsi_no_medium(const struct scsi_unit *unit)
{
	if (unit->type == SCSI_DISK)
		return SENSE(0x02, 0x3a, 0x00);
	return unit->tray_open ? SENSE(0x02, 0x3a, 0x02)
			       : SENSE(0x02, 0x3a, 0x01);
}

uint8_t
scsi_attention(const struct scsi_unit *unit)
{
	const int left = unit->attention & ~unit->attention_told;

	return (uint8_t)(left & -left);
}

uint32_t
scsi_tell_attention(struct scsi_unit *unit, uint8_t bit)
{
	unit->attention_told |= bit;
	return bit == ATTENTION_RESET ? SENSE(0x06, 0x29, 0x00)
				      : SENSE(0x06, 0x28, 0x00);
}

/* Descriptor format: a head of eight bytes, and the block in a descriptor. */
static void
describe(struct scsi_job *job, uint32_t sense, uint64_t block)
{
	uint8_t *to = scsi_add(job, 8);

	to[0] = 0x72;
	to[1] = (uint8_t)(sense >> 16);
	put16(to + 2, sense);
	if (block == UINT64_MAX)
		return;
	to[7] = 12;
	to = scsi_add(job, 12);
	to[1] = 10;
	to[2] = 0x80; /* valid */
	put64(to + 4, block);
}

/* Fixed format: no block that 32 bits can't hold is told. */
static void
write_fixed(struct scsi_job *job, uint32_t sense, uint64_t block)
{
	uint8_t *to = scsi_add(job, 18);

	to[0] = 0x70;
	if (block <= UINT32_MAX) {
		to[0] |= 0x80;
		put32(to + 3, (uint32_t)block);
	}
	to[2] = (uint8_t)(sense >> 16);
	to[7] = 10; /* bytes behind this one */
	put16(to + 12, sense);
}

void
scsi_run_request_sense(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint32_t sense = unit->sense;

	if (sense == 0 && scsi_attention(unit) != 0)
		sense = scsi_tell_attention(unit, scsi_attention(unit));
	unit->sense_told = 1;
	if (cdb[1] & DESCRIPTOR_FORMAT)
		describe(job, sense, unit->information);
	else
		write_fixed(job, sense, unit->information);
	scsi_answer(job, cdb[4]);
}
