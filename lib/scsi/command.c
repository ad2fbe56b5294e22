/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The commands of a unit, and what all of them have in common.
 */
#include <string.h>

#include "scsi/internal.h"

#define REQUEST_SENSE 0x03
#define INQUIRY	      0x12
#define REPORT_LUNS   0xa0

enum {
	DISK = 1,
	CD = 2,
	BOTH = DISK | CD,
	MEDIUM = 4,   /* needs one */
	WRITABLE = 8, /* ... that can be written */
	ALWAYS = 16   /* is not refused for a unit attention */
};

struct command {
	uint8_t opcode, length; /* bytes of it that are needed */
	uint8_t flags;
	const char *name;
	scsi_run *run;
	scsi_taker *take;
};

static scsi_run refuse_opcode, refuse_key, agree, run_diagnostic;

/* SPC-4, SBC-3 and MMC-6 have a section of each name. */
static const struct command commands[] = {
    {0x00, 6, BOTH | MEDIUM, "TEST UNIT READY", agree, NULL},
    {0x03, 6, BOTH | ALWAYS, "REQUEST SENSE", scsi_run_request_sense, NULL},
    {0x08, 6, BOTH | MEDIUM, "READ(6)", scsi_run_read, NULL},
    {0x0a, 6, DISK | WRITABLE, "WRITE(6)", scsi_run_write, NULL},
    {0x12, 6, BOTH | ALWAYS, "INQUIRY", scsi_run_inquiry, NULL},
    {0x15, 6, BOTH, "MODE SELECT(6)", scsi_run_mode_select, scsi_take_mode},
    {0x1a, 6, BOTH, "MODE SENSE(6)", scsi_run_mode_sense, NULL},
    {0x1b, 6, BOTH, "START STOP UNIT", scsi_run_start_stop, NULL},
    {0x1d, 6, BOTH, "SEND DIAGNOSTIC", run_diagnostic, NULL},
    {0x1e, 6, BOTH, "PREVENT ALLOW MEDIUM REMOVAL", scsi_run_prevent, NULL},
    {0x23, 10, BOTH, "READ FORMAT CAPACITIES", scsi_run_format_capacities,
	NULL},
    {0x25, 10, BOTH | MEDIUM, "READ CAPACITY(10)", scsi_run_capacity, NULL},
    {0x28, 10, BOTH | MEDIUM, "READ(10)", scsi_run_read, NULL},
    {0x2a, 10, DISK | WRITABLE, "WRITE(10)", scsi_run_write, NULL},
    {0x2b, 10, BOTH | MEDIUM, "SEEK(10)", scsi_run_seek, NULL},
    {0x2e, 10, DISK | WRITABLE, "WRITE AND VERIFY(10)", scsi_run_write, NULL},
    {0x2f, 10, BOTH | MEDIUM, "VERIFY(10)", scsi_run_verify, NULL},
    {0x35, 10, BOTH | MEDIUM, "SYNCHRONIZE CACHE(10)", scsi_run_synchronize,
	NULL},
    {0x42, 10, CD | MEDIUM, "READ SUB-CHANNEL", scsi_run_subchannel, NULL},
    {0x42, 10, DISK | MEDIUM, "UNMAP", scsi_run_unmap, scsi_take_unmap},
    {0x43, 10, CD | MEDIUM, "READ TOC/PMA/ATIP", scsi_run_toc, NULL},
    {0x44, 10, CD | MEDIUM, "READ HEADER", scsi_run_header, NULL},
    {0x46, 10, CD | ALWAYS, "GET CONFIGURATION", scsi_run_configuration, NULL},
    {0x4a, 10, CD | ALWAYS, "GET EVENT STATUS NOTIFICATION", scsi_run_events,
	NULL},
    {0x51, 10, CD | MEDIUM, "READ DISC INFORMATION", scsi_run_disc, NULL},
    {0x52, 10, CD | MEDIUM, "READ TRACK INFORMATION", scsi_run_track, NULL},
    {0x55, 10, BOTH, "MODE SELECT(10)", scsi_run_mode_select, scsi_take_mode},
    {0x5a, 10, BOTH, "MODE SENSE(10)", scsi_run_mode_sense, NULL},
    {0x5c, 10, CD, "READ BUFFER CAPACITY", scsi_run_buffer, NULL},
    {0x88, 16, BOTH | MEDIUM, "READ(16)", scsi_run_read, NULL},
    {0x8a, 16, DISK | WRITABLE, "WRITE(16)", scsi_run_write, NULL},
    {0x8e, 16, DISK | WRITABLE, "WRITE AND VERIFY(16)", scsi_run_write, NULL},
    {0x8f, 16, BOTH | MEDIUM, "VERIFY(16)", scsi_run_verify, NULL},
    {0x91, 16, BOTH | MEDIUM, "SYNCHRONIZE CACHE(16)", scsi_run_synchronize,
	NULL},
    {0x9e, 16, BOTH | MEDIUM, "READ CAPACITY(16)", scsi_run_capacity16, NULL},
    {0xa0, 12, BOTH | ALWAYS, "REPORT LUNS", scsi_run_report_luns, NULL},
    {0xa4, 12, CD, "REPORT KEY", refuse_key, NULL},
    {0xa6, 12, CD, "LOAD/UNLOAD MEDIUM", refuse_opcode, NULL},
    {0xa7, 12, CD | MEDIUM, "SET READ AHEAD", agree, NULL},
    {0xa8, 12, BOTH | MEDIUM, "READ(12)", scsi_run_read, NULL},
    {0xaa, 12, DISK | WRITABLE, "WRITE(12)", scsi_run_write, NULL},
    {0xac, 12, CD | MEDIUM, "GET PERFORMANCE", scsi_run_performance, NULL},
    {0xad, 12, CD | MEDIUM, "READ DISC STRUCTURE", scsi_run_structure, NULL},
    {0xae, 12, DISK | WRITABLE, "WRITE AND VERIFY(12)", scsi_run_write, NULL},
    {0xaf, 12, BOTH | MEDIUM, "VERIFY(12)", scsi_run_verify, NULL},
    {0xb6, 12, CD | MEDIUM, "SET STREAMING", scsi_run_streaming,
	scsi_take_streaming},
    {0xb9, 12, CD | MEDIUM, "READ CD MSF", scsi_run_read_cd_msf, NULL},
    {0xbb, 12, CD, "SET CD SPEED", agree, NULL},
    {0xbd, 12, CD, "MECHANISM STATUS", scsi_run_mechanism, NULL},
    {0xbe, 12, CD | MEDIUM, "READ CD", scsi_run_read_cd, NULL},
};

static const struct command *
find(const struct scsi_unit *unit, uint8_t opcode)
{
	const int type = unit->type == SCSI_CD ? CD : DISK;
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (commands[i].opcode == opcode && commands[i].flags & type)
			return &commands[i];
	return NULL;
}

const char *
scsi_name(const struct scsi_unit *unit, uint8_t opcode)
{
	const struct command *command = find(unit, opcode);

	return command != NULL ? command->name : "?";
}

/* --- commands of few words ----------------------------------------------- */

static void
agree(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	(void)unit, (void)cdb, (void)job;
}

static void
refuse_opcode(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	(void)cdb;
	scsi_refuse(unit, job, SENSE_OPCODE);
}

/* No disc is protected, so none has a key (MMC-6). */
static void
refuse_key(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	(void)cdb;
	scsi_refuse(unit, job, SENSE_KEY);
}

/* The default self-test passes; there is no page, and no other test. */
static void
run_diagnostic(struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	if (cdb[1] >> 5 != 0 || get16(cdb + 3) != 0)
		scsi_refuse(unit, job, SENSE_FIELD);
}

/* --- all commands -------------------------------------------------------- */

static void
begin(struct scsi_job *job, uint8_t opcode)
{
	job->opcode = opcode;
	job->action = SCSI_DONE;
	job->status = SCSI_GOOD;
	job->direction = SCSI_NO_DATA;
	job->fua = false;
	job->length = job->offset = job->bytes = job->done = 0;
	job->range_count = 0;
}

/*
 * The host sends the next command, so it has the answer to the last one; but the
 * sense of that waits for REQUEST SENSE.
 */
static void
settle(struct scsi_unit *unit, uint8_t opcode)
{
	unit->events &= (uint8_t)~unit->events_told;
	unit->events_told = 0;
	if (opcode == REQUEST_SENSE && !unit->sense_told)
		return;
	unit->attention &= (uint8_t)~unit->attention_told;
	unit->attention_told = 0;
	unit->sense = 0;
	unit->sense_told = 0;
	unit->information = UINT64_MAX;
}

/* Why the command can't run; 0 if it can. */
static uint32_t
obstacle(struct scsi_unit *unit, const struct command *command, size_t length)
{
	const uint8_t attention = scsi_attention(unit);

	if (attention != 0 && (command == NULL || !(command->flags & ALWAYS)))
		return scsi_tell_attention(unit, attention);
	if (command == NULL)
		return SENSE_OPCODE;
	if (length < command->length)
		return SENSE_FIELD;
	if (command->flags & (MEDIUM | WRITABLE) && !unit->present)
		return scsi_no_medium(unit);
	if (command->flags & WRITABLE && !unit->writable)
		return SENSE_PROTECTED;
	return 0;
}

static void
run(struct scsi_unit *unit, const uint8_t *cdb, size_t length,
    struct scsi_job *job)
{
	const struct command *command = find(unit, cdb[0]);
	const uint32_t sense = obstacle(unit, command, length);

	if (sense != 0)
		scsi_refuse(unit, job, sense);
	else
		command->run(unit, cdb, job);
	if (job->status == SCSI_GOOD)
		return;
	job->direction = SCSI_NO_DATA;
	job->length = 0;
}

/* SPC-4: a unit that is not there answers three commands. */
static void
run_absent(const struct scsi_unit *unit, const uint8_t *cdb, size_t length,
    struct scsi_job *job)
{
	struct scsi_unit absent = *unit;

	absent.attention = 0;
	absent.sense = SENSE_LUN;
	absent.information = UINT64_MAX;
	if (cdb[0] != INQUIRY && cdb[0] != REPORT_LUNS &&
	    cdb[0] != REQUEST_SENSE)
		scsi_refuse(&absent, job, SENSE_LUN);
	else
		run(&absent, cdb, length, job);
	if (cdb[0] == INQUIRY)
		job->data[0] = 0x7f; /* no device can be here */
}

void
scsi_command(struct scsi_unit *unit, unsigned lun, const uint8_t *cdb,
    size_t length, struct scsi_job *job)
{
	uint8_t copy[SCSI_CDB_SIZE] = {0};

	memcpy(copy, cdb, length < sizeof(copy) ? length : sizeof(copy));
	begin(job, copy[0]);
	if (lun != 0) {
		run_absent(unit, copy, length, job);
		return;
	}
	settle(unit, copy[0]);
	run(unit, copy, length, job);
}

void
scsi_take(struct scsi_unit *unit, struct scsi_job *job, const uint8_t *bytes)
{
	const struct command *command = find(unit, job->opcode);

	if (job->action != SCSI_TAKE || command == NULL ||
	    command->take == NULL)
		return;
	job->action = SCSI_DONE;
	command->take(unit, job, bytes);
}
