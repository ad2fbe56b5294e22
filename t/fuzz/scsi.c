/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz a logical unit: a sequence of commands, parameter lists, media and
 * resets. Its requests and answers must agree with each other, and lie on the
 * medium.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scsi/scsi.h"

#define REQUEST_SENSE 0x03
#define ATTENTIONS    2 /* that can wait at the same time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

static void
must(bool so)
{
	if (!so)
		abort();
}

static uint8_t
byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

/* A copy of the exact size, so that the sanitizer finds a read behind it. */
static uint8_t *
bytes(struct input *in, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	size_t i;

	must(copy != NULL);
	for (i = 0; i < size; i++)
		copy[i] = byte(in);
	return copy;
}

static void
check_ranges(const struct scsi_unit *unit, const struct scsi_job *job)
{
	const uint64_t medium = unit->blocks * unit->block_size;
	uint32_t i;

	must(job->range_count > 0 && job->range_count <= SCSI_RANGES);
	for (i = 0; i < job->range_count; i++)
		must(job->ranges[i].bytes > 0 &&
		     job->ranges[i].offset <= medium &&
		     job->ranges[i].bytes <= medium - job->ranges[i].offset);
}

/* The action, the data and the medium agree. */
static void
check(const struct scsi_unit *unit, const struct scsi_job *job, bool taken)
{
	const uint64_t medium = unit->blocks * unit->block_size;
	const bool moves = job->direction != SCSI_NO_DATA;

	must(moves == (job->length > 0));
	must(job->status == SCSI_GOOD || job->status == SCSI_CHECK_CONDITION);
	if (job->status == SCSI_CHECK_CONDITION)
		must(job->action == SCSI_DONE && moves == taken);
	if (job->bytes > 0)
		must(unit->present && job->offset <= medium &&
		     job->bytes <= medium - job->offset);
	switch (job->action) {
	case SCSI_DONE:
		must(taken || job->direction != SCSI_FROM_HOST);
		must(job->length <= SCSI_DATA_SIZE && job->bytes == 0);
		break;
	case SCSI_READ:
		must(job->direction == SCSI_TO_HOST);
		must(job->length == job->bytes);
		break;
	case SCSI_WRITE:
		must(unit->writable && job->direction == SCSI_FROM_HOST);
		must(job->length == job->bytes);
		break;
	case SCSI_TAKE:
		must(!taken && job->direction == SCSI_FROM_HOST);
		must(job->length <= SCSI_DATA_SIZE);
		break;
	case SCSI_VERIFY:
		must(job->direction != SCSI_TO_HOST && job->bytes > 0);
		must(job->length == 0 || job->length == job->bytes);
		break;
	case SCSI_FLUSH:
		must(unit->present && unit->writable && moves == taken);
		break;
	case SCSI_TRIM:
		must(unit->writable && unit->trim && taken);
		check_ranges(unit, job);
		break;
	case SCSI_EJECTED:
		must(!unit->present && !moves);
		break;
	default:
		abort();
	}
}

/* Returns the sense's key. */
static unsigned
request_sense(struct scsi_unit *unit, struct scsi_job *job)
{
	static const uint8_t cdb[6] = {REQUEST_SENSE, 0, 0, 0, 18};

	scsi_command(unit, 0, cdb, sizeof(cdb), job);
	must(job->status == SCSI_GOOD && job->length == 18);
	return job->data[2] & 0x0f;
}

/* A command that failed has sense; once that is told, only attentions are
 * left. */
static void
check_sense(struct scsi_unit *unit, struct scsi_job *job)
{
	unsigned i;

	must(request_sense(unit, job) != 0);
	for (i = 0; i < ATTENTIONS; i++)
		if (request_sense(unit, job) == 0)
			break;
	must(request_sense(unit, job) == 0);
}

static void
run(struct scsi_unit *unit, struct scsi_job *job, struct input *in)
{
	const uint8_t how = byte(in);
	const unsigned lun = how < 8 ? how : 0;
	const size_t length = how & 0x80 ? byte(in) & 0x1f : SCSI_CDB_SIZE;
	uint8_t *cdb = bytes(in, length), *list;
	struct scsi_unit before = *unit;

	memset(job, how, sizeof(*job));
	scsi_command(unit, lun, cdb, length, job);
	free(cdb);
	must(lun == 0 || memcmp(&before, unit, sizeof(before)) == 0);
	if (lun != 0) {
		must(job->action == SCSI_DONE);
		return;
	}
	check(unit, job, false);
	if (job->action == SCSI_TAKE) {
		list = bytes(in, (size_t)job->length);
		if (how & 0x10)
			scsi_eject(unit); /* by our side, meanwhile */
		scsi_take(unit, job, list);
		free(list);
		check(unit, job, true);
	}
	if (how & 0x40) {
		before = *unit;
		scsi_fail(unit, job, (enum scsi_reason)(how % 10));
		must(job->status == SCSI_CHECK_CONDITION);
		must((unit->attention & before.attention) == before.attention);
	}
	if (job->status == SCSI_CHECK_CONDITION && how & 0x20)
		check_sense(unit, job);
}

static void
insert(struct scsi_unit *unit, struct input *in)
{
	static const uint32_t sizes[] = {2048, 512, 4096, 2048, 0, 1000};
	struct scsi_medium medium;
	const uint8_t how = byte(in);

	medium.block_size = sizes[how % 6];
	medium.writable = how & 0x40;
	medium.trim = how & 0x80;
	medium.bytes = (uint64_t)byte(in) << (byte(in) & 63);
	if (scsi_insert(unit, &medium) == 0)
		must(unit->present &&
		     unit->blocks * unit->block_size <= medium.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scsi_job job;
	struct scsi_setup setup = {.vendor = "vmedia",
	    .product = "Virtual DVD",
	    .revision = "1.0",
	    .serial = "0123456789abcdefghijklm"};
	struct input in = {data, size};
	struct scsi_unit unit;

	setup.type = byte(&in) & 1 ? SCSI_DISK : SCSI_CD;
	scsi_init(&unit, &setup);
	while (in.left > 0) {
		switch (byte(&in) & 15) {
		case 0:
		case 1:
			insert(&unit, &in);
			break;
		case 2:
			scsi_eject(&unit);
			break;
		case 3:
			scsi_ask_eject(&unit);
			break;
		case 4:
			scsi_reset(&unit);
			break;
		default:
			run(&unit, &job, &in);
		}
		must(scsi_is_valid(&unit));
	}
	return 0;
}
