/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The commands that a host's driver sends to an optical drive, for unit tests
 * of lib/scsi. Each step names the driver's function, and the fields that the
 * function looks at in the answer.
 */
#ifndef VM_SCSI_STEPS_H
#define VM_SCSI_STEPS_H

#include "scsi-host.h"

#define CD_BLOCKS  300000u
#define DVD_BLOCKS 2936012u /* 5.6 GiB: two layers */
#define BD_BLOCKS  9765625u

/* Senses that the drivers know. */
#define RESET	       0x062900
#define NEW_MEDIUM     0x062800
#define NO_MEDIUM      0x023a01
#define NO_MEDIUM_OPEN 0x023a02
#define NO_FIELD       0x052400
#define NO_FORMAT      0x053002
#define NO_KEY	       0x056f01

struct step {
	const char *function;
	const char *cdb;
	uint32_t sense;	 /* 0: the command succeeds, and answers */
	unsigned length; /* bytes */
	/* What the driver looks at; "--": it ignores this byte. */
	const char *fields;
};

static bool
has_fields(const char *fields)
{
	unsigned value;
	size_t at = 0;

	for (; fields != NULL && *fields != '\0'; fields++) {
		if (*fields == ' ')
			continue;
		if (*fields != '-' &&
		    (sscanf(fields, "%2x", &value) != 1 || at >= job.length ||
			value != job.data[at]))
			return false;
		fields++;
		at++;
	}
	return true;
}

/* The sense comes right after the failure, because drivers of usb-storage
 * request it by themselves. */
static void
take_step(struct scsi_unit *unit, const struct step *step, int line)
{
	bool good;

	host_sends(unit, step->cdb);
	if (step->sense != 0)
		good = job.status == SCSI_CHECK_CONDITION && job.length == 0 &&
		       host_sense(unit) == step->sense;
	else
		good = job.status == SCSI_GOOD && job.length == step->length &&
		       has_fields(step->fields);
	if (good)
		return;
	check_failures++;
	fprintf(stderr, "line %d: %s: %s\n", line, step->function, step->cdb);
}

#define PLAYS(unit, steps) \
	plays(unit, steps, sizeof(steps) / sizeof(*(steps)), __LINE__)

static void
plays(struct scsi_unit *unit, const struct step *steps, size_t count, int line)
{
	for (; count > 0; count--)
		take_step(unit, steps++, line);
}

/* A drive that was plugged in a moment ago, with a medium; 0 blocks: without
 * one. */
static void
plug(struct scsi_unit *unit, uint64_t blocks)
{
	static const struct scsi_setup setup = {
	    SCSI_CD, "vmedia", "Virtual DVD", "1.0", "A1b2"};
	const struct scsi_medium medium = {blocks * 2048, 2048, false, false};

	scsi_init(unit, &setup);
	if (blocks > 0)
		CHECK(scsi_insert(unit, &medium) == 0);
}

static void
change(struct scsi_unit *unit, uint64_t blocks)
{
	const struct scsi_medium medium = {blocks * 2048, 2048, false, false};

	CHECK(scsi_insert(unit, &medium) == 0);
}

#endif
