/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the unit is (SPC-4; for a disk's pages SBC-3) and that it is the only one.
 */
#include <string.h>

#include "scsi/internal.h"

#define VITAL	  0x01 /* EVPD: bit of the command */
#define REMOVABLE 0x80
#define SPC_3	  0x05 /* QEMU's word: hosts then ask for all that is here */

static void
add_standard(const struct scsi_unit *unit, struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, 36);

	to[0] = unit->type;
	to[1] = REMOVABLE;
	to[2] = SPC_3;
	to[3] = 2;  /* the format of this answer */
	to[4] = 31; /* bytes behind this one */
	memcpy(to + 8, unit->vendor, sizeof(unit->vendor));
	memcpy(to + 16, unit->product, sizeof(unit->product));
	memcpy(to + 32, unit->revision, sizeof(unit->revision));
}

static void
add_supported(const struct scsi_unit *unit, struct scsi_job *job)
{
	static const uint8_t pages[] = {0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2};
	const size_t size = unit->type == SCSI_DISK ? sizeof(pages) : 3;

	memcpy(scsi_add(job, size), pages, size);
}

static void
add_serial(const struct scsi_unit *unit, struct scsi_job *job)
{
	memcpy(scsi_add(job, unit->serial_length), unit->serial,
	    unit->serial_length);
}

/* One designator, of the form "T10 vendor ID based", which begins with the vendor. */
static void
add_identification(const struct scsi_unit *unit, struct scsi_job *job)
{
	const size_t size =
	    sizeof(unit->vendor) + sizeof(unit->product) + unit->serial_length;
	uint8_t *to = scsi_add(job, 4 + size);

	to[0] = 0x02; /* ASCII */
	to[1] = 0x01; /* of the logical unit, T10 vendor ID based */
	to[3] = (uint8_t)size;
	memcpy(to + 4, unit->vendor, sizeof(unit->vendor));
	memcpy(to + 12, unit->product, sizeof(unit->product));
	memcpy(to + 28, unit->serial, unit->serial_length);
}

/* Block limits. */
static void
add_limits(const struct scsi_unit *unit, struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, 60);

	if (!unit->present || !unit->trim)
		return;
	put32(to + 16, SCSI_UNMAP_BYTES / unit->block_size);
	put32(to + 20, SCSI_RANGES);
	put32(to + 24, 4096 / unit->block_size); /* the best granularity */
}

/* Block device characteristics: nothing turns. */
static void
add_characteristics(const struct scsi_unit *unit, struct scsi_job *job)
{
	(void)unit;
	put16(scsi_add(job, 60), 1);
}

/* Logical block provisioning. */
static void
add_provisioning(const struct scsi_unit *unit, struct scsi_job *job)
{
	uint8_t *to = scsi_add(job, 4);

	if (!unit->present || !unit->trim)
		return;
	to[1] = 0x80; /* UNMAP */
	to[2] = 0x02; /* thin */
}

static const struct page {
	uint8_t code;
	bool disk; /* ... alone has it */
	void (*add)(const struct scsi_unit *, struct scsi_job *);
} pages[] = {{0x00, false, add_supported}, {0x80, false, add_serial},
    {0x83, false, add_identification}, {0xb0, true, add_limits},
    {0xb1, true, add_characteristics}, {0xb2, true, add_provisioning}};

static const struct page *
find_page(const struct scsi_unit *unit, uint8_t code)
{
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		if (pages[i].code == code)
			return pages[i].disk && unit->type != SCSI_DISK
				   ? NULL
				   : &pages[i];
	return NULL;
}

void
scsi_run_inquiry(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const struct page *page = find_page(unit, cdb[2]);
	uint8_t *head;

	/* CmdDt is no more, and a page needs EVPD. */
	if (cdb[1] & 0x02 || (cdb[1] & VITAL ? page == NULL : cdb[2] != 0)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	if (cdb[1] & VITAL) {
		head = scsi_add(job, 4);
		page->add(unit, job);
		head[0] = unit->type;
		head[1] = page->code;
		put16(head + 2, (uint32_t)job->length - 4);
	} else
		add_standard(unit, job);
	scsi_answer(job, get16(cdb + 3));
}

/* Of well known units there are none. */
void
scsi_run_report_luns(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	uint8_t *head;

	if (cdb[2] > 2) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	head = scsi_add(job, 8);
	if (cdb[2] != 1)
		scsi_add(job, 8); /* unit 0 */
	put32(head, (uint32_t)job->length - 8);
	scsi_answer(job, get32(cdb + 6));
}
