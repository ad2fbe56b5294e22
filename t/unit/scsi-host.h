/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A host for the unit tests of lib/scsi: commands and answers in hexadecimal,
 * with spaces anywhere. A command shorter than its opcode needs is padded with
 * zeros.
 */
#ifndef VM_SCSI_HOST_H
#define VM_SCSI_HOST_H

#include <ctype.h>
#include <string.h>

#include "check.h"
#include "scsi/scsi.h"

#define MOST 256 /* bytes that a test writes out */

/* Check that a command is answered with these bytes (ANSWERS); that it is
 * refused with this sense, 0xKKAAQQ (REFUSES); or that it succeeds and moves no
 * data (AGREES). */
#define ANSWERS(unit, cdb, data)  host_answers(unit, cdb, data, __LINE__)
#define REFUSES(unit, cdb, sense) host_refuses(unit, cdb, sense, __LINE__)
#define AGREES(unit, cdb)	  host_answers(unit, cdb, "", __LINE__)

static struct scsi_job job; /* of the last command */

static size_t
host_hex(const char *text, uint8_t *bytes)
{
	size_t count = 0;
	unsigned value;

	for (; *text != '\0'; text++)
		if (isxdigit((unsigned char)*text) && count < MOST) {
			sscanf(text++, "%2x", &value);
			bytes[count++] = (uint8_t)value;
		}
	return count;
}

static void
host_sends(struct scsi_unit *unit, const char *cdb)
{
	uint8_t bytes[MOST] = {0};

	host_hex(cdb, bytes);
	memset(&job, 0xee, sizeof(job));
	scsi_command(unit, 0, bytes, SCSI_CDB_SIZE, &job);
}

/* Returns the sense, which REQUEST SENSE clears. */
static uint32_t
host_sense(struct scsi_unit *unit)
{
	static const uint8_t cdb[6] = {0x03, 0, 0, 0, 18};

	scsi_command(unit, 0, cdb, sizeof(cdb), &job);
	return (uint32_t)job.data[2] << 16 | (uint32_t)job.data[12] << 8 |
	       job.data[13];
}

static inline void
host_answers(
    struct scsi_unit *unit, const char *cdb, const char *data, int line)
{
	uint8_t bytes[MOST];
	const size_t size = host_hex(data, bytes);
	size_t i;

	host_sends(unit, cdb);
	if (job.status == SCSI_GOOD && job.action == SCSI_DONE &&
	    job.length == size && memcmp(job.data, bytes, size) == 0 &&
	    job.direction == (size > 0 ? SCSI_TO_HOST : SCSI_NO_DATA))
		return;
	check_failures++;
	fprintf(stderr, "line %d: %s: status %u action %u, %u bytes:", line,
	    scsi_name(unit, job.opcode), job.status, job.action,
	    (unsigned)job.length);
	for (i = 0; i < job.length && i < MOST; i++)
		fprintf(stderr, " %02x", job.data[i]);
	fprintf(stderr, "\n");
}

static inline void
host_refuses(struct scsi_unit *unit, const char *cdb, uint32_t sense, int line)
{
	bool refused;
	uint32_t told;

	host_sends(unit, cdb);
	refused = job.status == SCSI_CHECK_CONDITION &&
		  job.action == SCSI_DONE && job.length == 0 &&
		  job.direction == SCSI_NO_DATA;
	told = host_sense(unit);
	if (refused && told == sense)
		return;
	check_failures++;
	fprintf(stderr, "line %d: %s: refused: %d, sense %06x\n", line, cdb,
	    refused, (unsigned)told);
}

/* Send a command with a parameter list. Returns the sense, 0 if the status is
 * good. */
static inline uint32_t
host_gives(struct scsi_unit *unit, const char *cdb, const char *list)
{
	uint8_t bytes[MOST];
	const size_t size = host_hex(list, bytes);

	host_sends(unit, cdb);
	CHECK(job.action == SCSI_TAKE && job.direction == SCSI_FROM_HOST);
	CHECK(job.length == size);
	scsi_take(unit, &job, bytes);
	CHECK(job.length == size && job.direction == SCSI_FROM_HOST);
	if (job.status == SCSI_GOOD)
		return 0;
	CHECK(job.action == SCSI_DONE);
	return host_sense(unit);
}

static inline void
host_init(struct scsi_unit *unit, enum scsi_type type)
{
	const struct scsi_setup setup = {type, "vmedia",
	    type == SCSI_CD ? "Virtual DVD" : "Virtual disk", "1.0", "A1b2"};

	scsi_init(unit, &setup);
	CHECK(host_sense(unit) == 0x062900);
	CHECK(host_sense(unit) == 0);
}

/* Insert a medium, and tell the host. */
static inline void
host_insert(struct scsi_unit *unit, uint64_t blocks, uint32_t block_size,
    bool writable, bool trim)
{
	const struct scsi_medium medium = {
	    blocks * block_size, block_size, writable, trim};

	CHECK(scsi_insert(unit, &medium) == 0);
	CHECK(host_sense(unit) == 0x062800);
	CHECK(host_sense(unit) == 0);
}

#endif
