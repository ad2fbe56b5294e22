/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * GET CONFIGURATION: what the drive can, and what its disc is (MMC-6).
 */
#include <string.h>

#include "scsi/internal.h"

#define ASKS_CURRENT 1 /* RT: the features that are current, or one of them */
#define ASKS_ONE     2
#define CURRENT	     0x01 /* bits of a feature's third byte */
#define PERSISTENT   0x02
#define HEAD	     8

/* When a feature is current. */
enum when {
	ALWAYS,
	WITH_MEDIUM,
	WITH_CD,
	WITH_DVD,
	WITH_BD
};

/* Fill a feature's own bytes; they are what the table says, if NULL. */
typedef void fill_feature(const struct scsi_unit *, uint8_t *to);

static fill_feature fill_profiles, fill_random, fill_bd, fill_serial;

static const struct feature {
	uint16_t code;
	uint8_t version, when;
	uint8_t length; /* bytes behind the head of four */
	const char *bytes;
	fill_feature *fill;
} features[] = {
    {0x0000, 0, ALWAYS, 12, NULL, fill_profiles},
    /* core: USB, device busy events */
    {0x0001, 2, ALWAYS, 8, "\0\0\0\x08\x01\0\0", NULL},
    /* morphing: operational change events */
    {0x0002, 1, ALWAYS, 4, "\x02\0\0", NULL},
    /* removable medium: a tray that loads and ejects, a lock */
    {0x0003, 2, ALWAYS, 4, "\x39\0\0", NULL},
    {0x0010, 0, WITH_MEDIUM, 8, NULL, fill_random},
    /* CD read: no C2 errors, no text */
    {0x001e, 2, WITH_CD, 4, "\0\0\0", NULL},
    /* DVD read: of two layers, version 1.1 */
    {0x001f, 1, WITH_DVD, 4, "\x01\0\x01", NULL},
    {0x0040, 0, WITH_BD, 28, NULL, fill_bd},
    /* power management */
    {0x0100, 0, ALWAYS, 0, NULL, NULL},
    /* timeout: the page of it, nothing for group 3 */
    {0x0105, 1, ALWAYS, 4, "\0\0\0", NULL},
    /* real-time streaming: SET CD SPEED */
    {0x0107, 3, ALWAYS, 4, "\x08\0\0", NULL},
    {0x0108, 0, ALWAYS, 20, NULL, fill_serial},
};

static void
fill_profiles(const struct scsi_unit *unit, uint8_t *to)
{
	static const uint16_t profiles[] = {
	    SCSI_BD_ROM, SCSI_DVD_ROM, SCSI_CD_ROM};
	size_t i;

	for (i = 0; i < sizeof(profiles) / sizeof(*profiles); i++, to += 4) {
		put16(to, profiles[i]);
		to[2] = scsi_profile(unit) == profiles[i];
	}
}

/* The blocks that a drive reads at once. */
static void
fill_random(const struct scsi_unit *unit, uint8_t *to)
{
	put32(to, 2048);
	switch (scsi_profile(unit)) {
	case SCSI_DVD_ROM:
		put16(to + 4, 16);
		break;
	case SCSI_BD_ROM:
		put16(to + 4, 32);
		break;
	default:
		put16(to + 4, 1);
	}
	to[6] = 1; /* mode page 01h */
}

/* Of the BD-ROM's bit maps, the first: version 1 of class 0. */
static void
fill_bd(const struct scsi_unit *unit, uint8_t *to)
{
	(void)unit;
	put16(to + 20, 1 << 1);
}

static void
fill_serial(const struct scsi_unit *unit, uint8_t *to)
{
	memcpy(to, unit->serial, sizeof(unit->serial));
}

static bool
is_current(const struct scsi_unit *unit, uint8_t when)
{
	const enum scsi_profile profile = scsi_profile(unit);

	switch (when) {
	case WITH_MEDIUM:
		return profile != SCSI_NO_PROFILE;
	case WITH_CD:
		return profile == SCSI_CD_ROM;
	case WITH_DVD:
		return profile == SCSI_DVD_ROM;
	case WITH_BD:
		return profile == SCSI_BD_ROM;
	default:
		return true;
	}
}

static void
add_feature(const struct scsi_unit *unit, const struct feature *feature,
    struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, (size_t)4 + feature->length);

	put16(to, feature->code);
	to[2] = (uint8_t)(feature->version << 2);
	if (feature->when == ALWAYS)
		to[2] |= PERSISTENT;
	if (is_current(unit, feature->when))
		to[2] |= CURRENT;
	to[3] = feature->length;
	if (feature->fill != NULL)
		feature->fill(unit, to + 4);
	else if (feature->bytes != NULL)
		memcpy(to + 4, feature->bytes, feature->length);
}

void
scsi_run_configuration(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const unsigned asked = cdb[1] & 3, start = get16(cdb + 2);
	const struct feature *feature;
	uint8_t *head;
	size_t i;

	if (asked > ASKS_ONE) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	head = scsi_add(job, HEAD);
	for (i = 0; i < sizeof(features) / sizeof(*features); i++) {
		feature = &features[i];
		if (feature->code < start ||
		    (asked == ASKS_ONE && feature->code != start) ||
		    (asked == ASKS_CURRENT && !is_current(unit, feature->when)))
			continue;
		add_feature(unit, feature, job);
	}
	put32(head, (uint32_t)job->length - 4);
	put16(head + 6, scsi_profile(unit));
	scsi_answer(job, get16(cdb + 7));
}
