/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * MODE SENSE and MODE SELECT, of 6 and of 10 bytes (SPC-4).
 */
#include <string.h>

#include "scsi/internal.h"

#define MODE_SENSE_10	0x5a
#define MODE_SELECT_10	0x55
#define NO_BLOCKS	0x08 /* DBD: bits of MODE SENSE */
#define LONG_BLOCKS	0x10 /* LLBAA */
#define ALL_PAGES	0x3f
#define ALL_SUBPAGES	0xff
#define CONTROL_SAVED	3
#define SAVE		0x01 /* SP: bits of MODE SELECT */
#define PAGE_FORMAT	0x10 /* PF */
#define SUBPAGE		0x40 /* SPF: bit of a page's code */
#define WRITE_PROTECTED 0x80 /* bits of a disk's device-specific parameter */
#define DPO_FUA		0x10
#define PAGE_HEAD	2
#define MOST_PARAMETERS 256 /* bytes that MODE SELECT takes */

/* The size of the head, in which the byte of the medium type is followed by the
 * device-specific parameter. */
static size_t
head_size(uint8_t opcode)
{
	return opcode == MODE_SENSE_10 || opcode == MODE_SELECT_10 ? 8 : 4;
}

/*
 * The block descriptor (SBC-3); an optical drive has none (MMC-6). Returns its
 * size.
 */
static size_t
add_blocks(const struct scsi_unit *unit, bool big, struct scsi_job *job)
{
	uint8_t *to;

	if (unit->type != SCSI_DISK || !unit->present)
		return 0;
	to = scsi_add(job, big ? 16 : 8);
	if (big) {
		put64(to, unit->blocks);
		put32(to + 12, unit->block_size);
		return 16;
	}
	put32(to, most32(unit->blocks));
	put24(to + 5, unit->block_size);
	return 8;
}

/* Returns whether there was such a page. */
static bool
add_pages(const struct scsi_unit *unit, unsigned code, unsigned control,
    struct scsi_job *job)
{
	bool found = code == ALL_PAGES;
	uint8_t *to;
	int each;
	size_t n;

	for (n = 0; (each = scsi_page_code(unit, n)) >= 0; n++) {
		if (code != ALL_PAGES && (int)code != each)
			continue;
		to = scsi_add(job, PAGE_HEAD + scsi_page_length(unit, n));
		to[0] = (uint8_t)each;
		to[1] = (uint8_t)scsi_page_length(unit, n);
		scsi_page_values(unit, n, control, to + PAGE_HEAD);
		found = true;
	}
	return found;
}

static void
write_head(const struct scsi_unit *unit, size_t size, bool big, size_t blocks,
    struct scsi_job *job)
{
	uint8_t *head = job->data;
	uint8_t parameter = 0;

	if (unit->type == SCSI_DISK) {
		parameter = DPO_FUA;
		if (unit->present && !unit->writable)
			parameter |= WRITE_PROTECTED;
	}
	if (size == 4) {
		head[0] = (uint8_t)(job->length - 1);
		head[2] = parameter;
		head[3] = (uint8_t)blocks;
		return;
	}
	put16(head, (uint32_t)job->length - 2);
	head[3] = parameter;
	head[4] = big && blocks > 0 ? 1 : 0;
	put16(head + 6, (uint32_t)blocks);
}

void
scsi_run_mode_sense(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const size_t head = head_size(cdb[0]);
	const bool big = head == 8 && cdb[1] & LONG_BLOCKS;
	const unsigned control = cdb[2] >> 6, code = cdb[2] & 0x3f;
	size_t blocks = 0;

	if (control == CONTROL_SAVED) {
		scsi_refuse(unit, job, SENSE_SAVING);
		return;
	}
	scsi_add(job, head);
	if (!(cdb[1] & NO_BLOCKS))
		blocks = add_blocks(unit, big, job);
	/* No page has subpages. */
	if ((cdb[3] != 0 && cdb[3] != ALL_SUBPAGES) ||
	    !add_pages(unit, code, control, job)) {
		scsi_refuse(unit, job, SENSE_FIELD);
		return;
	}
	write_head(unit, head, big, blocks, job);
	scsi_answer(job, head == 8 ? get16(cdb + 7) : cdb[4]);
}

void
scsi_run_mode_select(
    struct scsi_unit *unit, const uint8_t *cdb, struct scsi_job *job)
{
	const size_t head = head_size(cdb[0]);
	const size_t length = head == 8 ? get16(cdb + 7) : cdb[4];

	if (!(cdb[1] & PAGE_FORMAT) || cdb[1] & SAVE)
		scsi_refuse(unit, job, SENSE_FIELD);
	else if ((length > 0 && length < head) || length > MOST_PARAMETERS)
		scsi_refuse(unit, job, SENSE_LENGTH);
	else
		scsi_ask(job, length);
}

/* A host may repeat the size of blocks, and can't change it. */
static bool
are_our_blocks(const struct scsi_unit *unit, const uint8_t *at, size_t size)
{
	uint32_t block_size;

	if (size == 0)
		return true;
	if (size != 8 && size != 16)
		return false;
	block_size = size == 8 ? get24(at + 5) : get32(at + 12);
	if (block_size == 0 || !unit->present)
		return block_size == 0 ||
		       (unit->type == SCSI_CD && block_size == 2048);
	return block_size == unit->block_size;
}

/*
 * Check a page, or set it. No bit may differ that can't be changed. Returns the
 * sense, 0 if it is good.
 */
static uint32_t
select_page(struct scsi_unit *unit, const uint8_t *page, bool set)
{
	uint8_t now[UINT8_MAX], mask[UINT8_MAX];
	size_t n = 0, i;
	int code;

	while ((code = scsi_page_code(unit, n)) >= 0 && code != (*page & 0x3f))
		n++;
	if (code < 0 || page[0] & SUBPAGE ||
	    page[1] != scsi_page_length(unit, n))
		return SENSE_PARAMETER;
	if (set) {
		scsi_set_page(unit, n, page + PAGE_HEAD);
		return 0;
	}
	scsi_page_values(unit, n, 0, now);
	scsi_page_values(unit, n, 1, mask);
	for (i = 0; i < page[1]; i++)
		if ((now[i] ^ page[PAGE_HEAD + i]) & ~mask[i])
			return SENSE_PARAMETER;
	return 0;
}

static uint32_t
select_pages(struct scsi_unit *unit, const uint8_t *at, size_t left, bool set)
{
	uint32_t sense;

	while (left > 0) {
		if (left < PAGE_HEAD || left - PAGE_HEAD < at[1])
			return SENSE_LENGTH;
		sense = select_page(unit, at, set);
		if (sense != 0)
			return sense;
		left -= PAGE_HEAD + (size_t)at[1];
		at += PAGE_HEAD + at[1];
	}
	return 0;
}

/* All pages are checked before the first is set. */
void
scsi_take_mode(
    struct scsi_unit *unit, struct scsi_job *job, const uint8_t *bytes)
{
	const size_t head = head_size(job->opcode);
	const size_t blocks = head == 8 ? get16(bytes + 6) : bytes[3];
	const bool cached = scsi_caches_writes(unit);
	size_t left = (size_t)job->length - head;
	uint32_t sense;

	if (blocks > left)
		sense = SENSE_LENGTH;
	else if (!are_our_blocks(unit, bytes + head, blocks))
		sense = SENSE_PARAMETER;
	else {
		left -= blocks;
		sense = select_pages(unit, bytes + head + blocks, left, false);
	}
	if (sense != 0) {
		scsi_refuse(unit, job, sense);
		return;
	}
	select_pages(unit, bytes + head + blocks, left, true);
	/* Without a cache nothing may stay in it. */
	if (cached && !scsi_caches_writes(unit) && unit->present &&
	    unit->writable)
		job->action = SCSI_FLUSH;
}
