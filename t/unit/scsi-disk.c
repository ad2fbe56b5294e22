/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a disk answers (SBC-3), byte by byte, and what it asks its caller to do.
 */
#include "scsi-host.h"

#define BLOCKS 0x100000
#define BIG    ((uint64_t)1 << 33)

static struct scsi_unit empty, disk, large, fixed;

static void
make_disks(void)
{
	host_init(&empty, SCSI_DISK);
	host_init(&disk, SCSI_DISK);
	host_insert(&disk, BLOCKS, 512, true, true);
	host_init(&large, SCSI_DISK);
	host_insert(&large, BIG, 4096, true, false);
	host_init(&fixed, SCSI_DISK);
	host_insert(&fixed, BLOCKS, 512, false, true);
}

static void
test_inquiry(void)
{
	ANSWERS(&disk, "12 00 00 00 24",
	    "00 80 05 02 1f 00 00 00 76 6d 65 64 69 61 20 20"
	    "56 69 72 74 75 61 6c 20 64 69 73 6b 20 20 20 20 31 2e 30 20");
	ANSWERS(&disk, "12 01 00 00 ff", "00 00 00 06 00 80 83 b0 b1 b2");
	/* At most 1 GiB in 255 ranges, best in 4 KiB. */
	ANSWERS(&disk, "12 01 b0 00 ff",
	    "00 b0 00 3c 00 00 00 00 00 00 00 00 00 00 00 00"
	    "00 00 00 00 00 20 00 00 00 00 00 ff 00 00 00 08"
	    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
	    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
	ANSWERS(&disk, "12 01 b1 00 08", "00 b1 00 3c 00 01 00 00");
	ANSWERS(&disk, "12 01 b2 00 ff", "00 b2 00 04 00 80 02 00");
	ANSWERS(&large, "12 01 b0 00 1c",
	    "00 b0 00 3c 00 00 00 00 00 00 00 00 00 00 00 00"
	    "00 00 00 00 00 00 00 00 00 00 00 00");
	ANSWERS(&fixed, "12 01 b2 00 ff", "00 b2 00 04 00 00 00 00");
	ANSWERS(&empty, "12 01 b2 00 ff", "00 b2 00 04 00 00 00 00");
}

static void
test_capacity(void)
{
	ANSWERS(&disk, "25", "00 0f ff ff 00 00 02 00");
	ANSWERS(&large, "25", "ff ff ff ff 00 00 10 00");
	ANSWERS(&large, "9e 10 00 00 00 00 00 00 00 00 00 00 00 10",
	    "00 00 00 01 ff ff ff ff 00 00 10 00 00 00 00 00");
	ANSWERS(&disk, "9e 10 00 00 00 00 00 00 00 00 00 00 00 10",
	    "00 00 00 00 00 0f ff ff 00 00 02 00 00 00 80 00");
	ANSWERS(&empty, "23 00 00 00 00 00 00 00 ff",
	    "00 00 00 08 ff ff ff ff 03 00 02 00");
	REFUSES(&empty, "00", 0x023a00);
	REFUSES(&disk, "43 00 00 00 00 00 00 00 ff", 0x052000);
	REFUSES(&disk, "46", 0x052000);
}

static void
moves(struct scsi_unit *unit, const char *cdb, enum scsi_action action,
    uint64_t block, uint64_t count, bool fua)
{
	host_sends(unit, cdb);
	CHECK(job.status == SCSI_GOOD && job.action == action);
	CHECK(job.offset == block * unit->block_size);
	CHECK(job.bytes == count * unit->block_size && job.fua == fua);
	CHECK(job.length == job.bytes);
	CHECK(job.direction ==
	      (action == SCSI_READ ? SCSI_TO_HOST : SCSI_FROM_HOST));
}

static void
test_moves(void)
{
	moves(&disk, "08 01 02 03 00", SCSI_READ, 0x10203, 256, false);
	moves(&disk, "28 00 00 01 02 03 00 01 03", SCSI_READ, 0x10203, 0x103,
	    false);
	moves(&large, "88 00 00 00 00 01 02 03 04 05 00 01 02 03", SCSI_READ,
	    0x102030405, 0x10203, false);
	moves(&disk, "0a 00 02 03 01", SCSI_WRITE, 0x203, 1, false);
	moves(&disk, "2a 00 00 01 02 03 00 01 03", SCSI_WRITE, 0x10203, 0x103,
	    false);
	moves(&disk, "2a 08 00 01 02 03 00 01 03", SCSI_WRITE, 0x10203, 0x103,
	    true);
	moves(&disk, "aa 08 00 01 02 03 00 00 00 02", SCSI_WRITE, 0x10203, 2,
	    true);
	moves(&large, "8a 00 00 00 00 01 02 03 04 05 00 01 02 03", SCSI_WRITE,
	    0x102030405, 0x10203, false);
	moves(
	    &disk, "2e 00 00 01 02 03 00 00 02", SCSI_WRITE, 0x10203, 2, true);
	moves(&disk, "ae 02 00 01 02 03 00 00 00 02", SCSI_WRITE, 0x10203, 2,
	    true);
	moves(&large, "8e 00 00 00 00 00 00 00 00 05 00 00 00 02", SCSI_WRITE,
	    5, 2, true);
	moves(&disk, "2f 02 00 01 02 03 00 00 02", SCSI_VERIFY, 0x10203, 2,
	    false);
	moves(&large, "8f 02 00 00 00 01 02 03 04 05 00 00 00 02", SCSI_VERIFY,
	    0x102030405, 2, false);
	AGREES(&disk, "2a 00 00 01 02 03 00 00 00");
	REFUSES(&disk, "2a 20 00 01 02 03 00 00 01", 0x052400);
	REFUSES(&disk, "28 20 00 01 02 03 00 00 01", 0x052400);
	REFUSES(&disk, "2e 06 00 01 02 03 00 00 01", 0x052400);
	REFUSES(&disk, "2f 06 00 01 02 03 00 00 01", 0x052400);
	REFUSES(&disk, "2f 04 00 01 02 03 00 00 01", 0x052400);
	REFUSES(&disk, "2a 00 00 0f ff ff 00 00 02", 0x052100);
	REFUSES(&empty, "2a 00 00 00 00 00 00 00 01", 0x023a00);
}

/* VERIFY without data: the medium's bytes are read, but not moved. */
static void
test_verify(void)
{
	host_sends(&disk, "2f 00 00 01 02 03 00 00 02");
	CHECK(job.status == SCSI_GOOD && job.action == SCSI_VERIFY);
	CHECK(job.direction == SCSI_NO_DATA && job.length == 0);
	CHECK(job.offset == 0x10203 * 512 && job.bytes == 1024);
	AGREES(&disk, "2f 00 00 01 02 03 00 00 00");
}

static void
test_protection(void)
{
	static const char *const writes[] = {"0a 00 00 00 01",
	    "2a 00 00 00 00 00 00 00 01", "aa 00 00 00 00 00 00 00 00 01",
	    "8a 00 00 00 00 00 00 00 00 00 00 00 00 01",
	    "2e 00 00 00 00 00 00 00 01", "42 00 00 00 00 00 00 00 18"};
	size_t i;

	for (i = 0; i < sizeof(writes) / sizeof(*writes); i++)
		REFUSES(&fixed, writes[i], 0x072700);
	AGREES(&fixed, "35");
	AGREES(&fixed, "1b"); /* stops; there is nothing to flush */
	ANSWERS(&fixed, "1a 08 01 00 04", "0f 00 90 00");
	ANSWERS(&disk, "1a 08 01 00 04", "0f 00 10 00");
	ANSWERS(&empty, "1a 00 01 00 04", "0f 00 10 00");
}

static void
flushes(const char *cdb)
{
	host_sends(&disk, cdb);
	CHECK(job.status == SCSI_GOOD && job.action == SCSI_FLUSH);
	CHECK(job.direction == SCSI_NO_DATA && job.length == 0);
}

static void
test_flush(void)
{
	flushes("35");
	flushes("35 02 00 00 00 01 00 00 08");
	flushes("91");
	flushes("1b");
	REFUSES(&disk, "35 00 00 10 00 00 00 00 01", 0x052100);
	AGREES(&disk, "1d 04");
	REFUSES(&disk, "1d 20", 0x052400);
	REFUSES(&disk, "1d 10 00 00 04", 0x052400);
}

#define UNMAP(length) "42 00 00 00 00 00 00 00 " length

static void
test_unmap(void)
{
	CHECK(host_gives(&disk, UNMAP("38"),
		  "00 36 00 30 00 00 00 00"
		  "00 00 00 00 00 01 02 03 00 00 00 08 00 00 00 00"
		  "00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00"
		  "00 00 00 00 00 00 00 02 00 00 00 01 00 00 00 00") == 0);
	CHECK(job.action == SCSI_TRIM && job.range_count == 2);
	CHECK(job.ranges[0].offset == 0x10203 * 512);
	CHECK(job.ranges[0].bytes == 8 * 512);
	CHECK(job.ranges[1].offset == 1024 && job.ranges[1].bytes == 512);
	/* An empty list is not an error. */
	AGREES(&disk, UNMAP("00"));
	CHECK(host_gives(&disk, UNMAP("08"), "00 06 00 00 00 00 00 00") == 0);
	CHECK(job.action == SCSI_DONE);
	/* Lists that are cut, that name blocks beyond the end, or too many at
	 * once. */
	REFUSES(&disk, UNMAP("07"), 0x051a00);
	CHECK(host_gives(&disk, UNMAP("08"), "00 16 00 10 00 00 00 00") ==
	      0x051a00);
	CHECK(
	    host_gives(&disk, UNMAP("18"),
		"00 16 00 10 00 00 00 00"
		"00 00 00 00 00 0f ff ff 00 00 00 02 00 00 00 00") == 0x052100);
	CHECK(
	    host_gives(&disk, UNMAP("18"),
		"00 16 00 10 00 00 00 00"
		"ff ff ff ff ff ff ff ff 00 00 00 02 00 00 00 00") == 0x052100);
	REFUSES(&disk, "42 01 00 00 00 00 00 00 18", 0x052400);
	REFUSES(&disk, "42 00 00 00 00 00 00 10 08", 0x051a00);
	REFUSES(&large, UNMAP("18"), 0x052000);
}

/* At most as much as page B0h says, summed up over all ranges. */
static void
test_unmap_most(void)
{
	static const char list[] =
	    "00 26 00 20 00 00 00 00"
	    "00 00 00 00 00 00 00 00 00 1f ff ff 00 00 00 00"
	    "00 00 00 00 00 00 00 00 00 00 00 %s 00 00 00 00";
	struct scsi_unit u;
	char text[sizeof(list)];

	host_init(&u, SCSI_DISK);
	host_insert(&u, BIG, 512, true, true);
	snprintf(text, sizeof(text), list, "01");
	CHECK(host_gives(&u, UNMAP("28"), text) == 0);
	snprintf(text, sizeof(text), list, "02");
	CHECK(host_gives(&u, UNMAP("28"), text) == 0x052600);
}

static void
test_modes(void)
{
	/* A block descriptor, short and long; none if the host does not want
	 * one. */
	ANSWERS(&disk, "1a 00 08 00 14",
	    "1f 00 10 08 00 10 00 00 00 00 02 00 08 12 04 00 00 00 00 00");
	ANSWERS(&large, "5a 00 08 00 00 00 00 00 14",
	    "00 22 00 10 00 00 00 08 ff ff ff ff 00 00 10 00 08 12 04 00");
	ANSWERS(&large, "5a 10 08 00 00 00 00 00 1c",
	    "00 2a 00 10 01 00 00 10 00 00 00 02 00 00 00 00 00 00 00 00"
	    "00 00 10 00 08 12 04 00");
	ANSWERS(&disk, "1a 08 0a 00 ff",
	    "0f 00 10 00 0a 0a 02 00 00 00 00 00 00 00 00 00");
	ANSWERS(&disk, "1a 08 1c 00 ff",
	    "0f 00 10 00 1c 0a 08 00 00 00 00 00 00 00 00 00");
	ANSWERS(&disk, "1a 08 48 00 07", "17 00 10 00 08 12 04");
	REFUSES(&disk, "1a 00 2a 00 ff", 0x052400);
}

/* After a host turns the cache off, each write is safe before its answer. */
static void
test_cache(void)
{
#define PAGE(value) \
	"08 12 " value " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
	struct scsi_unit u = disk;

	CHECK(host_gives(&u, "15 10 00 00 18", "00 00 00 00" PAGE("00")) == 0);
	CHECK(job.action == SCSI_FLUSH);
	moves(&u, "2a 00 00 00 00 00 00 00 01", SCSI_WRITE, 0, 1, true);
	CHECK(host_gives(&u, "55 10 00 00 00 00 00 00 24",
		  "00 00 00 00 00 00 00 08 00 00 00 00 00 00 02 00" PAGE(
		      "04")) == 0);
	CHECK(job.action == SCSI_DONE);
	moves(&u, "0a 00 00 00 01", SCSI_WRITE, 0, 1, false);
	/* Other blocks, a fixed bit, a cut page, an unknown page; and a good
	 * page has no effect if a bad one follows. */
	CHECK(
	    host_gives(&u, "15 10 00 00 20",
		"00 00 00 08 00 00 00 00 00 00 08 00" PAGE("00")) == 0x052600);
	CHECK(host_gives(&u, "15 10 00 00 18", "00 00 00 00" PAGE("01")) ==
	      0x052600);
	CHECK(
	    host_gives(&u, "15 10 00 00 06", "00 00 00 00 08 12") == 0x051a00);
	CHECK(host_gives(&u, "15 10 00 00 05", "00 00 00 00 08") == 0x051a00);
	CHECK(host_gives(&u, "15 10 00 00 05", "00 00 00 08 00") == 0x051a00);
	CHECK(
	    host_gives(&u, "15 10 00 00 06", "00 00 00 00 2a 00") == 0x052600);
	CHECK(host_gives(&u, "15 10 00 00 1a",
		  "00 00 00 00" PAGE("00") "2a 00") == 0x052600);
	moves(&u, "2a 00 00 00 00 00 00 00 01", SCSI_WRITE, 0, 1, false);
	REFUSES(&u, "15 00 00 00 18", 0x052400);
	REFUSES(&u, "15 11 00 00 18", 0x052400);
	REFUSES(&u, "15 10 00 00 03", 0x051a00);
	REFUSES(&u, "55 10 00 00 00 00 00 01 01", 0x051a00);
	AGREES(&u, "15 10 00 00 00");
}

/* A disk has no tray: it is either present or absent. */
static void
test_eject(void)
{
	struct scsi_unit u = disk;

	host_sends(&u, "1b 00 00 00 02");
	CHECK(job.status == SCSI_GOOD && job.action == SCSI_EJECTED);
	REFUSES(&u, "00", 0x023a00);
	REFUSES(&u, "35", 0x023a00);
	host_insert(&u, BLOCKS, 4096, false, false);
	AGREES(&u, "00");
	scsi_eject(&u);
	REFUSES(&u, "00", 0x023a00);
}

int
main(void)
{
	make_disks();
	test_inquiry();
	test_capacity();
	test_moves();
	test_verify();
	test_protection();
	test_flush();
	test_unmap();
	test_unmap_most();
	test_modes();
	test_cache();
	test_eject();
	return check_status();
}
