/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Commands that name blocks (SBC-3; MMC-6).
 */
#include "scsi/internal.h"

#define FUA	     0x08 /* bit of the command */
#define BYTE_CHECK   0x06 /* BYTCHK */
#define COMPARE	     0x02 /* its only value but 0 that is known here */
#define PROTECT	     0xe0 /* RDPROTECT, WRPROTECT, VRPROTECT */
#define READ_6_MOST  256  /* blocks, which 0 stands for */
#define VERIFY_GROUP 0x0f
#define WRITE_VERIFY 0x0e /* the low bits of WRITE AND VERIFY's opcodes */

struct extent {
	uint64_t block, count;
};

/* Where the fields lie: in commands of 6, 10, 16 and 12 bytes. */
static struct extent
extent_of(const uint8_t *cdb)
{
	switch (cdb[0] >> 5) {
	case 0:
		return (struct extent){get24(cdb + 1) & 0x1fffff,
		    cdb[4] != 0 ? cdb[4] : READ_6_MOST};
	case 4:
		return (struct extent){get64(cdb + 2), get32(cdb + 10)};
	case 5:
		return (struct extent){get32(cdb + 2), get32(cdb + 6)};
	default:
		return (struct extent){get32(cdb + 2), get16(cdb + 7)};
	}
}

bool
scsi_in_range(const struct scsi_unit *unit, uint64_t block, uint64_t count)
{
	return block <= unit->blocks && count <= unit->blocks - block;
}

/* A disk without protection information can't protect it (SBC-3). */
static bool
asks_protection(const struct scsi_unit *unit, const uint8_t *cdb)
{
	return unit->type == SCSI_DISK && cdb[0] >> 5 != 0 && cdb[1] & PROTECT;
}

/* Make it the job to do this with the blocks. Returns false if none of them is. */
static bool
begin(struct scsi_unit *unit, struct scsi_job *job, enum scsi_action action,
    struct extent extent)
{
	if (!scsi_in_range(unit, extent.block, extent.count)) {
		scsi_refuse(unit, job, SENSE_RANGE);
		return false;
	}
	if (extent.count == 0)
		return false;
	job->action = (uint8_t)action;
	job->offset = extent.block * unit->block_size;
	job->bytes = extent.count * unit->block_size;
	return true;
}

static void
move(struct scsi_job *job, enum scsi_direction direction)
{
	job->direction = (uint8_t)direction;
	job->length = job->bytes;
}

void
scsi_read_blocks(struct scsi_unit *unit, struct scsi_job *job, uint64_t block,
    uint64_t count)
{
	if (begin(unit, job, SCSI_READ, (struct extent){block, count}))
		move(job, SCSI_TO_HOST);
}

void
scsi_run_read(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const struct extent extent = extent_of(cdb);

	if (asks_protection(unit, cdb))
		scsi_refuse(unit, job, SENSE_FIELD);
	else
		scsi_read_blocks(unit, job, extent.block, extent.count);
}

/* To verify what was written, it has to be safe; nothing else is known here. */
void
scsi_run_write(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const bool six = cdb[0] >> 5 == 0;
	const bool verify = !six && (cdb[0] & VERIFY_GROUP) == WRITE_VERIFY;
	const int check = verify ? cdb[1] & BYTE_CHECK : 0;

	if (asks_protection(unit, cdb) || (check != 0 && check != COMPARE)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	if (!begin(unit, job, SCSI_WRITE, extent_of(cdb)))
		return;
	move(job, SCSI_FROM_HOST);
	job->fua =
	    verify || (!six && cdb[1] & FUA) || !scsi_caches_writes(unit);
}

void
scsi_run_verify(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const int check = cdb[1] & BYTE_CHECK;

	if (asks_protection(unit, cdb) || (check != 0 && check != COMPARE)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	if (begin(unit, job, SCSI_VERIFY, extent_of(cdb)) && check == COMPARE)
		move(job, SCSI_FROM_HOST);
}

/* All of the cache, whatever blocks are named; before the status, also with IMMED. */
void
scsi_run_synchronize(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const struct extent extent = extent_of(cdb);

	if (!scsi_in_range(unit, extent.block, extent.count))
		scsi_refuse(unit, job, SENSE_RANGE);
	else if (unit->writable)
		job->action = SCSI_FLUSH;
}

void
scsi_run_seek(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	if (!scsi_in_range(unit, get32(cdb + 2), 1))
		scsi_refuse(unit, job, SENSE_RANGE);
}
