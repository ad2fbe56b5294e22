/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The mode pages (SPC-4, SBC-3, MMC-6). What a host may change is kept
 * for it; little of it has an effect. Page 05h is that of drives that write.
 */
#include <string.h>

#include "scsi/internal.h"

#define CACHING	     0x08
#define WRITE_CACHE  0x04 /* WCE: bit of its first byte */
#define CAPABILITIES 0x2a
#define LOCK_BYTE    4 /* of the capabilities */
#define LOCKED	     0x02
#define SPEED	     0x21, 0x13 /* 8467 kB/s: 48 times a CD's */

/* Values and what can change of them, behind the page's head of two bytes. */
static const uint8_t cd_recovery[10] = {0, 0x20};
static const uint8_t cd_recovery_mask[10] = {0x37, 0xff};
static const uint8_t cd_caching[18] = {0};
static const uint8_t cd_device[6] = {0, 0, 0, 60, 0, 75};
static const uint8_t cd_audio[14] = {4, 0, 0, 0, 0, 0, 1, 0xff, 2, 0xff};
static const uint8_t cd_audio_mask[14] = {
    6, 0, 0, 0, 0, 0, 0x0f, 0xff, 0x0f, 0xff, 0x0f, 0xff, 0x0f, 0xff};
static const uint8_t power[10] = {0};
static const uint8_t power_mask[10] = {
    0, 0x03, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t cd_timeouts[8] = {0, 0, 0, 0, 0, 30, 0, 30}; /* s */
static const uint8_t cd_capabilities[30] = {0x3b, 0, 0x70, 0, 0x29, 0, SPEED, 0,
    0, 8, 0, SPEED}; /* reads CD-R, CD-RW and DVDs; a tray, a lock; 2 MiB */
static const uint8_t disk_recovery[10] = {0xc0, 8};
static const uint8_t disk_recovery_mask[10] = {0x37, 0xff};
static const uint8_t disk_caching[18] = {WRITE_CACHE};
static const uint8_t disk_caching_mask[18] = {WRITE_CACHE};
static const uint8_t disk_control[10] = {2};	/* no log is saved by itself */
static const uint8_t disk_exceptions[10] = {8}; /* none is reported */

static const struct page {
	uint8_t code, type, length;
	const uint8_t *values, *mask; /* mask NULL: nothing can change */
} pages[] = {
    {0x01, SCSI_CD, 10, cd_recovery, cd_recovery_mask},
    {0x08, SCSI_CD, 18, cd_caching, NULL},
    {0x0d, SCSI_CD, 6, cd_device, NULL},
    {0x0e, SCSI_CD, 14, cd_audio, cd_audio_mask},
    {0x1a, SCSI_CD, 10, power, power_mask},
    {0x1d, SCSI_CD, 8, cd_timeouts, NULL},
    {0x2a, SCSI_CD, 30, cd_capabilities, NULL},
    {0x01, SCSI_DISK, 10, disk_recovery, disk_recovery_mask},
    {0x08, SCSI_DISK, 18, disk_caching, disk_caching_mask},
    {0x0a, SCSI_DISK, 10, disk_control, NULL},
    {0x1a, SCSI_DISK, 10, power, power_mask},
    {0x1c, SCSI_DISK, 10, disk_exceptions, NULL},
};

/* All that can change of a type fits into the unit: of a disk, then of a drive. */
_Static_assert(10 + 18 + 10 <= sizeof(((struct scsi_unit *)0)->pages),
    "scsi_unit.pages is too small for a disk's");
_Static_assert(10 + 14 + 10 <= sizeof(((struct scsi_unit *)0)->pages),
    "scsi_unit.pages is too small for a drive's");

/* The unit's n-th page, and where its values lie in scsi_unit.pages. */
static const struct page *
page_at(const struct scsi_unit *unit, size_t n, size_t *at)
{
	size_t i;

	*at = 0;
	for (i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		if (pages[i].type != unit->type)
			continue;
		if (n-- == 0)
			return &pages[i];
		if (pages[i].mask != NULL)
			*at += pages[i].length;
	}
	return NULL;
}

void
scsi_init_pages(struct scsi_unit *unit)
{
	const struct page *page;
	size_t n, at;

	for (n = 0; (page = page_at(unit, n, &at)) != NULL; n++)
		if (page->mask != NULL)
			memcpy(unit->pages + at, page->values, page->length);
}

int
scsi_page_code(const struct scsi_unit *unit, size_t n)
{
	size_t at;
	const struct page *page = page_at(unit, n, &at);

	return page != NULL ? page->code : -1;
}

size_t
scsi_page_length(const struct scsi_unit *unit, size_t n)
{
	size_t at;

	return page_at(unit, n, &at)->length;
}

void
scsi_page_values(
    const struct scsi_unit *unit, size_t n, unsigned control, uint8_t *values)
{
	size_t at;
	const struct page *page = page_at(unit, n, &at);

	if (control == 1 && page->mask == NULL)
		memset(values, 0, page->length);
	else if (control == 1)
		memcpy(values, page->mask, page->length);
	else if (control == 0 && page->mask != NULL)
		memcpy(values, unit->pages + at, page->length);
	else
		memcpy(values, page->values, page->length);
	if (control == 0 && page->code == CAPABILITIES && unit->prevented != 0)
		values[LOCK_BYTE] |= LOCKED;
}

void
scsi_set_page(struct scsi_unit *unit, size_t n, const uint8_t *values)
{
	size_t at;
	const struct page *page = page_at(unit, n, &at);

	if (page->mask != NULL)
		memcpy(unit->pages + at, values, page->length);
}

bool
scsi_caches_writes(const struct scsi_unit *unit)
{
	uint8_t values[UINT8_MAX];
	size_t n;

	for (n = 0; scsi_page_code(unit, n) != CACHING; n++)
		;
	scsi_page_values(unit, n, 0, values);
	return values[0] & WRITE_CACHE;
}
