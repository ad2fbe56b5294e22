/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How fast a drive reads, and its buffer: what hosts ask and set is answered, and
 * has no effect (MMC-6).
 */
#include "scsi/internal.h"

#define WRITES	   0x04 /* bits of GET PERFORMANCE: of writing */
#define EXCEPTIONS 0x03
#define SPEED	   8467 /* kB/s, as in mode page 2Ah */
#define IN_BLOCKS  0x01 /* bit of READ BUFFER CAPACITY */
#define BUFFER	   (2u << 20)
#define STREAMING  28 /* bytes of a performance descriptor */
#define HEAD	   8

/* Of type 0, performance; all of the disc has the same. */
void
scsi_run_performance(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *head, *to;

	if (cdb[10] != 0 || cdb[1] & WRITES) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	if (!scsi_in_range(unit, get32(cdb + 2), 1)) {
		scsi_refuse(unit, job, SENSE_RANGE);
		return;
	}
	head = scsi_add(job, HEAD);
	if (cdb[1] & EXCEPTIONS)
		head[4] = 1;
	else if (get16(cdb + 8) > 0) {
		to = scsi_add(job, 16);
		put32(to + 4, SPEED);
		put32(to + 8, most32(unit->blocks - 1));
		put32(to + 12, SPEED);
	}
	put32(head, (uint32_t)job->length - 4);
	scsi_answer(job, job->length);
}

void
scsi_run_streaming(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const size_t length = get16(cdb + 9);

	if (cdb[8] != 0)
		scsi_refuse(unit, job, SENSE_FIELD);
	else if (length != 0 && length != STREAMING)
		scsi_refuse(unit, job, SENSE_LENGTH);
	else
		scsi_ask(job, length);
}

void
scsi_take_streaming(
    struct scsi_unit *unit, struct scsi_job *job, const uint8_t *bytes)
{
	/* The part of the disc may not end before it begins. */
	if (get32(bytes + 8) < get32(bytes + 4))
		scsi_refuse(unit, job, SENSE_PARAMETER);
}

void
scsi_run_buffer(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *to;

	if (cdb[1] & IN_BLOCKS) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	to = scsi_add(job, 12);
	put16(to, 10);
	put32(to + 4, BUFFER);
	put32(to + 8, BUFFER); /* none of it waits to be written */
	scsi_answer(job, get16(cdb + 7));
}
