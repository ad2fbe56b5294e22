/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The table of contents of a disc: one session, one data track (MMC-6;
 * READ HEADER as in MMC-1).
 */
#include "scsi/internal.h"

#define MSF	     0x02 /* bit of the command: times in place of blocks */
#define SUB_Q	     0x40
#define DATA_TRACK   0x14 /* ADR 1; a data track, digital copies forbidden */
#define LEAD_OUT     0xaa
#define PREGAP	     150 /* frames: block 0 is at 2 seconds */
#define FRAMES	     75	 /* in a second */
#define MOST_MINUTES 255
#define POINT_FIRST  0xa0 /* points of the lead-in */
#define POINT_LAST   0xa1
#define POINT_OUT    0xa2

/*
 * The time of a block. The last that three bytes can hold stands for all behind it:
 * the kernel's own drive ends there, at 2.36 GB.
 */
static void
put_time(uint8_t *to, uint64_t block)
{
	const uint64_t frames = block + PREGAP;

	if (frames / FRAMES / 60 > MOST_MINUTES) {
		to[0] = MOST_MINUTES;
		to[1] = 59;
		to[2] = FRAMES - 1;
		return;
	}
	to[0] = (uint8_t)(frames / FRAMES / 60);
	to[1] = (uint8_t)(frames / FRAMES % 60);
	to[2] = (uint8_t)(frames % FRAMES);
}

static void
put_address(uint8_t *to, uint64_t block, bool msf)
{
	if (msf)
		put_time(to + 1, block);
	else
		put32(to, most32(block));
}

static void
add_track(struct scsi_job *job, uint8_t number, uint64_t block, bool msf)
{
	uint8_t *to = scsi_add(job, 8);

	to[1] = DATA_TRACK;
	to[2] = number;
	put_address(to + 4, block, msf);
}

/* Format 2, in which all are times. */
static uint8_t *
add_point(struct scsi_job *job, uint8_t point)
{
	uint8_t *to = scsi_add(job, 11);

	to[0] = 1; /* session */
	to[1] = DATA_TRACK;
	to[3] = point;
	return to + 8;
}

static void
add_points(const struct scsi_unit *unit, struct scsi_job *job)
{
	add_point(job, POINT_FIRST)[0] = 1;
	add_point(job, POINT_LAST)[0] = 1;
	put_time(add_point(job, POINT_OUT), unit->blocks);
	put_time(add_point(job, 1), 0);
}

void
scsi_run_toc(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const bool msf = cdb[1] & MSF;
	const uint8_t start = cdb[6];
	unsigned format = cdb[2] & 0x0f;
	uint8_t *head = scsi_add(job, 4);

	/* Old hosts of ATAPI drives have it in the last byte (SFF-8020). */
	if (format == 0)
		format = cdb[9] >> 6;
	head[2] = head[3] = 1; /* the first and the last track, or session */
	if (format == 0 && (start <= 1 || start == LEAD_OUT)) {
		if (start <= 1)
			add_track(job, 1, 0, msf);
		add_track(job, LEAD_OUT, unit->blocks, msf);
	} else if (format == 1)
		add_track(job, 1, 0, msf);
	else if (format == 2 && start <= 1)
		add_points(unit, job);
	else {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	put16(head, (uint32_t)job->length - 2);
	scsi_answer(job, get16(cdb + 7));
}

/* No audio is played; there is no catalogue number and no ISRC. */
void
scsi_run_subchannel(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const uint8_t format = cdb[3];
	uint8_t *head, *to;

	if (cdb[2] & SUB_Q && (format < 1 || format > 3)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	head = scsi_add(job, 4);
	if (cdb[2] & SUB_Q) {
		to = scsi_add(job, format == 1 ? 12 : 20);
		to[0] = format;
		if (format != 2)
			to[1] = DATA_TRACK;
		if (format != 2)
			to[2] = 1; /* track */
		if (format == 1) {
			to[3] = 1; /* index */
			put_address(to + 4, 0, cdb[1] & MSF);
		}
	}
	put16(head + 2, (uint32_t)job->length - 4);
	scsi_answer(job, get16(cdb + 7));
}

void
scsi_run_header(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const uint32_t block = get32(cdb + 2);
	uint8_t *to;

	if (!scsi_in_range(unit, block, 1)) {
		scsi_refuse(unit, job, SENSE_RANGE);
		return;
	}
	to = scsi_add(job, 8);
	to[0] = 1; /* mode 1: 2048 bytes and their correction */
	put_address(to + 4, block, cdb[1] & MSF);
	scsi_answer(job, get16(cdb + 7));
}
