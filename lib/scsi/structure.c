/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * READ DISC STRUCTURE: layers and ends of a DVD, the kind of a Blu-ray disc
 * (MMC-6; ECMA-267 for the physical format).
 */
#include <string.h>

#include "scsi/internal.h"

#define MEDIA_DVD     0
#define MEDIA_BD      1
#define FORMAT_LIST   0xff
#define READABLE      0x40
#define FIRST_SECTOR  0x030000 /* the number of block 0 */
#define SECTOR_MASK   0xffffff
#define SECTORS_ECC   16   /* a layer ends with a whole block of correction */
#define TWO_LAYERS    0x20 /* bits of the third byte */
#define OPPOSITE_PATH 0x10
#define EMBOSSED      0x01

/*
 * The second layer goes from where the first ends back to the middle, and the
 * numbers of its sectors are those beneath, inverted.
 */
static void
put_layers(const struct scsi_unit *unit, uint8_t *to)
{
	const uint32_t blocks = (uint32_t)unit->blocks;
	const uint32_t first =
	    (blocks / 2 + SECTORS_ECC - 1) / SECTORS_ECC * SECTORS_ECC;
	const uint32_t end = FIRST_SECTOR + first - 1;

	to[2] = TWO_LAYERS | OPPOSITE_PATH | EMBOSSED;
	to[3] = 0x10; /* 0.293 um a bit */
	put24(to + 9, (~end & SECTOR_MASK) + (blocks - first) - 1);
	put24(to + 13, end);
}

static void
add_physical(const struct scsi_unit *unit, struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, 2048);

	to[0] = 0x01; /* DVD-ROM, version 1 */
	to[1] = 0x0f; /* 120 mm, any rate */
	put24(to + 5, FIRST_SECTOR);
	if (scsi_has_two_layers(unit)) {
		put_layers(unit, to);
		return;
	}
	to[2] = EMBOSSED;
	put24(to + 9, FIRST_SECTOR + (uint32_t)unit->blocks - 1);
}

/* No copyright is protected, and all regions may read it. */
static void
add_copyright(const struct scsi_unit *unit, struct scsi_job *job)
{
	(void)unit;
	scsi_add(job, 4);
}

static void
add_manufacturer(const struct scsi_unit *unit, struct scsi_job *job)
{
	(void)unit;
	scsi_add(job, 2048);
}

/* A unit of Disc Information. What follows in it no public standard tells. */
static void
add_information(const struct scsi_unit *unit, struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, 4096);

	(void)unit;
	memcpy(to, "DI\1\1", 4);    /* one unit, of format 1 */
	to[6] = 64;		    /* bytes of it */
	memcpy(to + 8, "BDO\1", 4); /* BD-ROM of 120 mm, version 1 */
}

static const struct format {
	uint8_t media, code;
	uint16_t size; /* bytes, with the head of four */
	void (*add)(const struct scsi_unit *, struct scsi_job *);
} formats[] = {{MEDIA_DVD, 0x00, 2052, add_physical},
    {MEDIA_DVD, 0x01, 8, add_copyright},
    {MEDIA_DVD, 0x04, 2052, add_manufacturer},
    {MEDIA_BD, 0x00, 4100, add_information}};

static void
add_list(uint8_t media, struct scsi_job *job)
{
	uint8_t *to;
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (formats[i].media != media)
			continue;
		to = scsi_add(job, 4);
		to[0] = formats[i].code;
		to[1] = READABLE;
		put16(to + 2, formats[i].size);
	}
}

static const struct format *
find_format(uint8_t media, uint8_t code)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i].media == media && formats[i].code == code)
			return &formats[i];
	return NULL;
}

void
scsi_run_structure(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const enum scsi_profile profile = scsi_profile(unit);
	const uint8_t media = profile == SCSI_BD_ROM ? MEDIA_BD : MEDIA_DVD;
	const struct format *format = find_format(media, cdb[7]);
	uint8_t *head;

	if (profile == SCSI_CD_ROM) {
		scsi_refuse(unit, job, SENSE_FORMAT);
		return;
	}
	/* Only layer 0 has a structure; it tells of both. */
	if ((cdb[1] & 0x0f) != media || cdb[6] != 0 ||
	    (format == NULL && cdb[7] != FORMAT_LIST)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	head = scsi_add(job, 4);
	if (format != NULL)
		format->add(unit, job);
	else
		add_list(media, job);
	put16(head, (uint32_t)job->length - 2);
	scsi_answer(job, get16(cdb + 8));
}
