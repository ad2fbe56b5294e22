/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * UNMAP: what a host calls TRIM or discard (SBC-3).
 */
#include "scsi/internal.h"

#define ANCHOR	   0x01 /* bit of the command */
#define HEAD	   8	/* bytes of the list's head */
#define DESCRIPTOR 16	/* ... and of each range in it */

void
scsi_run_unmap(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const size_t length = get16(cdb + 7);

	if (!unit->writable)
		scsi_refuse(unit, job, SENSE_PROTECTED);
	else if (!unit->trim)
		scsi_refuse(unit, job, SENSE_OPCODE);
	else if (cdb[1] & ANCHOR)
		scsi_refuse(unit, job, SENSE_FIELD);
	else if (length > HEAD + SCSI_RANGES * DESCRIPTOR ||
		 (length > 0 && length < HEAD))
		scsi_refuse(unit, job, SENSE_LENGTH);
	else
		scsi_ask(job, length);
}

/* Is the list within the limits of page B0h, and all of it on the medium? */
static uint32_t
check(const struct scsi_unit *unit, const uint8_t *list, size_t count)
{
	uint64_t left = SCSI_UNMAP_BYTES / unit->block_size;
	const uint8_t *at;

	for (at = list; at < list + count * DESCRIPTOR; at += DESCRIPTOR) {
		if (!scsi_in_range(unit, get64(at), get32(at + 8)))
			return SENSE_RANGE;
		if (get32(at + 8) > left)
			return SENSE_PARAMETER;
		left -= get32(at + 8);
	}
	return 0;
}

/* Nothing is done if a part of it can't be. */
void
scsi_take_unmap(
    struct scsi_unit *unit, struct scsi_job *job, const uint8_t *bytes)
{
	const size_t count = get16(bytes + 2) / DESCRIPTOR;
	const uint8_t *at = bytes + HEAD;
	uint32_t sense;
	size_t i;

	if (!unit->present || !unit->trim)
		sense = scsi_no_medium(unit); /* it was changed meanwhile */
	else if (get16(bytes + 2) > job->length - HEAD)
		sense = SENSE_LENGTH;
	else
		sense = check(unit, at, count);
	if (sense != 0) {
		scsi_refuse(unit, job, sense);
		return;
	}
	for (i = 0; i < count; i++, at += DESCRIPTOR) {
		if (get32(at + 8) == 0)
			continue;
		job->ranges[job->range_count++] =
		    (struct scsi_range){get64(at) * unit->block_size,
			(uint64_t)get32(at + 8) * unit->block_size};
	}
	if (job->range_count > 0)
		job->action = SCSI_TRIM;
}
