/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * READ CD as far as an image has what it asks for: the 2048 bytes of user data of
 * a sector (MMC-6).
 */
#include "scsi/internal.h"

#define ANY_TYPE  0
#define MODE_1	  2
#define USER_DATA 0x10
#define PREGAP	  150
#define FRAMES	  75

/* parts, subchannel: what of each sector. */
static void
read_cd(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job,
    uint64_t block, uint64_t count)
{
	const unsigned type = cdb[1] >> 2 & 7;
	const uint8_t parts = cdb[9], subchannel = cdb[10] & 7;

	if ((parts != 0 && parts != USER_DATA) || subchannel != 0)
		scsi_refuse(unit, job, SENSE_FIELD);
	else if (!scsi_in_range(unit, block, count))
		scsi_refuse(unit, job, SENSE_RANGE);
	else if (type != ANY_TYPE && type != MODE_1)
		scsi_refuse(unit, job, SENSE_MODE);
	else if (parts != 0)
		scsi_read_blocks(unit, job, block, count);
}

void
scsi_run_read_cd(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	read_cd(unit, cdb, job, get32(cdb + 2), get24(cdb + 6));
}

static bool
is_time(const uint8_t *at)
{
	return at[1] < 60 && at[2] < FRAMES;
}

static uint64_t
frame_of(const uint8_t *at)
{
	return ((uint64_t)at[0] * 60 + at[1]) * FRAMES + at[2];
}

/* The end is not read; nor is what lies before block 0. */
void
scsi_run_read_cd_msf(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const uint64_t from = frame_of(cdb + 3), to = frame_of(cdb + 6);

	if (!is_time(cdb + 3) || !is_time(cdb + 6) || to < from)
		scsi_refuse(unit, job, SENSE_FIELD);
	else if (from < PREGAP)
		scsi_refuse(unit, job, SENSE_RANGE);
	else
		read_cd(unit, cdb, job, from - PREGAP, to - from);
}
