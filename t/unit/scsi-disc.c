/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What an optical drive answers (MMC-6), byte by byte.
 */
#include "scsi-host.h"

#define CD_BLOCKS  1000
#define DVD_BLOCKS 2000000 /* 4.1 GB */
#define DL_BLOCKS  3000000 /* 6.1 GB */
#define BD_BLOCKS  6000000 /* 12.3 GB */

static struct scsi_unit empty, cd, dvd, dual, bd;

static void
make_drives(void)
{
	host_init(&empty, SCSI_CD);
	host_init(&cd, SCSI_CD);
	host_insert(&cd, CD_BLOCKS, 2048, false, false);
	host_init(&dvd, SCSI_CD);
	host_insert(&dvd, DVD_BLOCKS, 2048, false, false);
	host_init(&dual, SCSI_CD);
	host_insert(&dual, DL_BLOCKS, 2048, false, false);
	host_init(&bd, SCSI_CD);
	host_insert(&bd, BD_BLOCKS, 2048, false, false);
}

static enum scsi_profile
profile_of(uint64_t blocks)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	host_insert(&u, blocks, 2048, false, false);
	return scsi_profile(&u);
}

static void
test_profiles(void)
{
	CHECK(profile_of(1) == SCSI_CD_ROM);
	CHECK(profile_of(360000) == SCSI_CD_ROM);
	CHECK(profile_of(360001) == SCSI_DVD_ROM);
	CHECK(profile_of(4173824) == SCSI_DVD_ROM);
	CHECK(profile_of(4173825) == SCSI_BD_ROM);
	CHECK(profile_of((uint64_t)1 << 33) == SCSI_BD_ROM);
	CHECK(scsi_profile(&empty) == SCSI_NO_PROFILE);
}

static void
test_inquiry(void)
{
	ANSWERS(&cd, "12 00 00 00 ff",
	    "05 80 05 02 1f 00 00 00" /* vmedia */ "76 6d 65 64 69 61 20 20"
	    "56 69 72 74 75 61 6c 20 44 56 44 20 20 20 20 20 31 2e 30 20");
	ANSWERS(&cd, "12 00 00 00 05", "05 80 05 02 1f");
	AGREES(&cd, "12 00 00 00 00");
	ANSWERS(&cd, "12 01 00 00 ff", "05 00 00 03 00 80 83");
	ANSWERS(&cd, "12 01 80 00 ff", "05 80 00 04 41 31 62 32");
	ANSWERS(&cd, "12 01 83 00 ff",
	    "05 83 00 20 02 01 00 1c 76 6d 65 64 69 61 20 20"
	    "56 69 72 74 75 61 6c 20 44 56 44 20 20 20 20 20 41 31 62 32");
	REFUSES(&cd, "12 01 b0 00 ff", 0x052400);
	REFUSES(&cd, "12 00 80 00 ff", 0x052400);
	REFUSES(&cd, "12 02 00 00 ff", 0x052400);
	ANSWERS(&cd, "a0 00 00 00 00 00 00 00 00 ff",
	    "00 00 00 08 00 00 00 00 00 00 00 00 00 00 00 00");
	ANSWERS(
	    &cd, "a0 00 01 00 00 00 00 00 00 ff", "00 00 00 00 00 00 00 00");
	REFUSES(&cd, "a0 00 03 00 00 00 00 00 00 ff", 0x052400);
}

static void
test_capacity(void)
{
	ANSWERS(&cd, "25", "00 00 03 e7 00 00 08 00");
	REFUSES(&cd, "25 00 00 00 00 01", 0x052400);
	ANSWERS(&bd, "25", "00 5b 8d 7f 00 00 08 00");
	ANSWERS(&bd, "9e 10 00 00 00 00 00 00 00 00 00 00 00 20",
	    "00 00 00 00 00 5b 8d 7f 00 00 08 00 00 00 00 00"
	    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
	REFUSES(&bd, "9e 11 00 00 00 00 00 00 00 00 00 00 00 20", 0x052400);
	REFUSES(&empty, "25", 0x023a01);
	ANSWERS(&cd, "23 00 00 00 00 00 00 00 ff",
	    "00 00 00 08 00 00 03 e8 02 00 08 00");
	ANSWERS(&empty, "23 00 00 00 00 00 00 00 ff",
	    "00 00 00 08 ff ff ff ff 03 00 08 00");
}

static void
test_toc(void)
{
	ANSWERS(&cd, "43 00 00 00 00 00 00 00 ff",
	    "00 12 01 01 00 14 01 00 00 00 00 00 00 14 aa 00 00 00 03 e8");
	/* 1000 + 150 frames are 15 s and 25 frames. */
	ANSWERS(&cd, "43 02 00 00 00 00 01 00 ff",
	    "00 12 01 01 00 14 01 00 00 00 02 00 00 14 aa 00 00 00 0f 19");
	ANSWERS(&cd, "43 00 00 00 00 00 aa 00 ff",
	    "00 0a 01 01 00 14 aa 00 00 00 03 e8");
	ANSWERS(&cd, "43 00 00 00 00 00 00 00 04", "00 12 01 01");
	REFUSES(&cd, "43 00 00 00 00 00 02 00 ff", 0x052400);
	ANSWERS(&cd, "43 00 01 00 00 00 00 00 ff",
	    "00 0a 01 01 00 14 01 00 00 00 00 00");
	ANSWERS(&cd, "43 00 00 00 00 00 00 00 ff 40",
	    "00 0a 01 01 00 14 01 00 00 00 00 00");
	ANSWERS(&cd, "43 02 02 00 00 00 00 00 ff",
	    "00 2e 01 01"
	    "01 14 00 a0 00 00 00 00 01 00 00"
	    "01 14 00 a1 00 00 00 00 01 00 00"
	    "01 14 00 a2 00 00 00 00 00 0f 19"
	    "01 14 00 01 00 00 00 00 00 02 00");
	REFUSES(&cd, "43 02 03 00 00 00 00 00 ff", 0x052400);
	REFUSES(&cd, "43 02 05 00 00 00 00 00 ff", 0x052400);
	/* The time in three bytes ends at 2.36 GB; the block address goes
	 * on. */
	ANSWERS(&dvd, "43 02 00 00 00 00 aa 00 ff",
	    "00 0a 01 01 00 14 aa 00 00 ff 3b 4a");
	ANSWERS(&dvd, "43 00 00 00 00 00 aa 00 ff",
	    "00 0a 01 01 00 14 aa 00 00 1e 84 80");
	REFUSES(&empty, "43 00 00 00 00 00 00 00 ff", 0x023a01);
}

static void
test_channels(void)
{
	ANSWERS(&cd, "42 00 00 01 00 00 00 00 ff", "00 00 00 00");
	ANSWERS(&cd, "42 00 40 01 00 00 00 00 ff",
	    "00 00 00 0c 01 14 01 01 00 00 00 00 00 00 00 00");
	ANSWERS(&cd, "42 02 40 01 00 00 00 00 ff",
	    "00 00 00 0c 01 14 01 01 00 00 02 00 00 00 00 00");
	ANSWERS(&cd, "42 00 40 02 00 00 00 00 0c",
	    "00 00 00 14 02 00 00 00 00 00 00 00");
	ANSWERS(&cd, "42 00 40 03 00 00 00 00 0c",
	    "00 00 00 14 03 14 01 00 00 00 00 00");
	REFUSES(&cd, "42 00 40 04 00 00 00 00 ff", 0x052400);
	ANSWERS(&cd, "44 00 00 00 01 00 00 00 08", "01 00 00 00 00 00 01 00");
	ANSWERS(&cd, "44 02 00 00 01 00 00 00 08", "01 00 00 00 00 00 05 1f");
	REFUSES(&cd, "44 00 00 00 03 e8 00 00 08", 0x052100);
}

static void
test_configuration(void)
{
	ANSWERS(&dvd, "46 02 00 00 00 00 00 00 ff",
	    "00 00 00 14 00 00 00 10"
	    "00 00 03 0c 00 40 00 00 00 10 01 00 00 08 00 00");
	ANSWERS(&cd, "46 02 00 01 00 00 00 00 ff",
	    "00 00 00 10 00 00 00 08 00 01 0b 08 00 00 00 08 01 00 00 00");
	ANSWERS(&cd, "46 02 00 03 00 00 00 00 ff",
	    "00 00 00 0c 00 00 00 08 00 03 0b 04 39 00 00 00");
	ANSWERS(&empty, "46 02 00 10 00 00 00 00 ff",
	    "00 00 00 10 00 00 00 00 00 10 00 08 00 00 08 00 00 01 01 00");
	ANSWERS(&dvd, "46 02 00 10 00 00 00 00 ff",
	    "00 00 00 10 00 00 00 10 00 10 01 08 00 00 08 00 00 10 01 00");
	ANSWERS(&bd, "46 02 00 10 00 00 00 00 ff",
	    "00 00 00 10 00 00 00 40 00 10 01 08 00 00 08 00 00 20 01 00");
	ANSWERS(&cd, "46 02 00 1e 00 00 00 00 ff",
	    "00 00 00 0c 00 00 00 08 00 1e 09 04 00 00 00 00");
	ANSWERS(&dvd, "46 02 00 1f 00 00 00 00 ff",
	    "00 00 00 0c 00 00 00 10 00 1f 05 04 01 00 01 00");
	ANSWERS(&cd, "46 02 00 1f 00 00 00 00 ff",
	    "00 00 00 0c 00 00 00 08 00 1f 04 04 01 00 01 00");
	ANSWERS(&bd, "46 02 00 40 00 00 00 00 ff",
	    "00 00 00 24 00 00 00 40 00 40 01 1c 00 00 00 00"
	    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
	    "00 02 00 00 00 00 00 00");
	/* From one feature on; only the current ones; one that does not
	 * exist. */
	ANSWERS(&dvd, "46 00 01 05 00 00 00 00 ff",
	    "00 00 00 2c 00 00 00 10 01 05 07 04 00 00 00 00"
	    "01 07 0f 04 08 00 00 00 01 08 03 14 41 31 62 32"
	    "20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20");
	ANSWERS(&dvd, "46 01 00 1e 00 00 00 00 10",
	    "00 00 00 38 00 00 00 10 00 1f 05 04 01 00 01 00");
	ANSWERS(&cd, "46 02 00 2a 00 00 00 00 ff", "00 00 00 04 00 00 00 08");
	REFUSES(&cd, "46 03 00 00 00 00 00 00 ff", 0x052400);
}

static void
test_disc(void)
{
	ANSWERS(&dvd, "51 00 00 00 00 00 00 00 ff",
	    "00 20 0e 01 01 01 01 20 00 00 00 00 00 00 00 00"
	    "ff ff ff ff ff ff ff ff 00 00 00 00 00 00 00 00 00 00");
	REFUSES(&dvd, "51 01 00 00 00 00 00 00 ff", 0x052400);
	ANSWERS(&dvd, "52 01 00 00 00 01 00 00 ff",
	    "00 2e 01 01 00 04 01 02 00 00 00 00 00 00 00 00"
	    "00 00 00 00 00 00 00 00 00 1e 84 80 00 1e 84 7f"
	    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
	ANSWERS(&cd, "52 00 00 00 03 e7 00 00 04", "00 2e 01 01");
	ANSWERS(&cd, "52 02 00 00 00 01 00 00 04", "00 2e 01 01");
	REFUSES(&cd, "52 00 00 00 03 e8 00 00 04", 0x052100);
	REFUSES(&cd, "52 01 00 00 00 02 00 00 04", 0x052400);
	REFUSES(&cd, "52 03 00 00 00 01 00 00 04", 0x052400);
}

static void
test_structure(void)
{
	/* One layer: sectors 030000h to 030000h + 1E847Fh. */
	ANSWERS(&dvd, "ad 00 00 00 00 00 00 00 00 18",
	    "08 02 00 00 01 0f 01 00 00 03 00 00 00 21 84 7f"
	    "00 00 00 00 00 00 00 00");
	/* Two layers: the first ends at 030000h + 16E360h - 1; the second has
	 * as many sectors, and ends at that address inverted. */
	ANSWERS(&dual, "ad 00 00 00 00 00 00 00 00 18",
	    "08 02 00 00 01 0f 31 10 00 03 00 00 00 fc ff ff"
	    "00 19 e3 5f 00 00 00 00");
	host_sends(&dvd, "ad 00 00 00 00 00 00 00 ff ff");
	CHECK(job.length == 2052);
	ANSWERS(
	    &dvd, "ad 00 00 00 00 00 00 01 00 ff", "00 06 00 00 00 00 00 00");
	host_sends(&dvd, "ad 00 00 00 00 00 00 04 ff ff");
	CHECK(job.length == 2052);
	ANSWERS(&dvd, "ad 00 00 00 00 00 00 ff 00 ff",
	    "00 0e 00 00 00 40 08 04 01 40 00 08 04 40 08 04");
	REFUSES(&dvd, "ad 00 00 00 00 00 00 03 00 ff", 0x052400);
	REFUSES(&dvd, "ad 00 00 00 00 00 01 00 00 ff", 0x052400);
	REFUSES(&dvd, "ad 01 00 00 00 00 00 00 00 ff", 0x052400);
	REFUSES(&cd, "ad 00 00 00 00 00 00 00 00 ff", 0x053002);
	ANSWERS(&bd, "ad 01 00 00 00 00 00 00 00 10",
	    "10 02 00 00 44 49 01 01 00 00 40 00 42 44 4f 01");
	host_sends(&bd, "ad 01 00 00 00 00 00 00 ff ff");
	CHECK(job.length == SCSI_DATA_SIZE);
	REFUSES(&bd, "ad 00 00 00 00 00 00 00 00 ff", 0x052400);
}

static void
test_speed(void)
{
	AGREES(&cd, "bb 00 ff ff ff ff");
	AGREES(&cd, "a7 00 00 00 00 01");
	ANSWERS(&cd, "5c 00 00 00 00 00 00 00 ff",
	    "00 0a 00 00 00 20 00 00 00 20 00 00");
	REFUSES(&cd, "5c 01 00 00 00 00 00 00 ff", 0x052400);
	ANSWERS(&cd, "ac 10 00 00 00 00 00 00 00 01 00",
	    "00 00 00 14 00 00 00 00"
	    "00 00 00 00 00 00 21 13 00 00 03 e7 00 00 21 13");
	ANSWERS(
	    &cd, "ac 10 00 00 00 00 00 00 00 00 00", "00 00 00 04 00 00 00 00");
	ANSWERS(
	    &cd, "ac 12 00 00 00 00 00 00 00 01 00", "00 00 00 04 01 00 00 00");
	REFUSES(&cd, "ac 10 00 00 00 00 00 00 00 01 03", 0x052400);
	REFUSES(&cd, "ac 10 00 00 03 e8 00 00 00 01 00", 0x052100);
	CHECK(host_gives(&cd, "b6 00 00 00 00 00 00 00 00 00 1c",
		  "00 00 00 00 00 00 00 00 00 00 03 e7 00 00 21 13"
		  "00 00 03 e8 00 00 21 13 00 00 03 e8") == 0);
	CHECK(host_gives(&cd, "b6 00 00 00 00 00 00 00 00 00 1c",
		  "00 00 00 00 00 00 00 02 00 00 00 01 00 00 21 13"
		  "00 00 03 e8 00 00 21 13 00 00 03 e8") == 0x052600);
	REFUSES(&cd, "b6 00 00 00 00 00 00 00 00 00 1b", 0x051a00);
	AGREES(&cd, "b6 00 00 00 00 00 00 00 00 00 00");
	REFUSES(&cd, "a4 00 00 00 00 00 00 00 00 08 08", 0x056f01);
	REFUSES(&cd, "a6", 0x052000);
}

static void
reads(const char *cdb, uint64_t block, uint64_t count)
{
	host_sends(&cd, cdb);
	CHECK(job.status == SCSI_GOOD && job.action == SCSI_READ);
	CHECK(job.direction == SCSI_TO_HOST);
	CHECK(job.offset == block * 2048 && job.bytes == count * 2048);
	CHECK(job.length == job.bytes);
}

static void
test_read(void)
{
	reads("28 00 00 00 01 02 00 01 03", 0x102, 0x103);
	reads("a8 00 00 00 01 02 00 00 01 03", 0x102, 0x103);
	reads("08 00 01 02 03", 0x102, 3);
	reads("28 00 00 00 03 e7 00 00 01", 999, 1);
	REFUSES(&cd, "28 00 00 00 03 e7 00 00 02", 0x052100);
	AGREES(&cd, "28 00 00 00 03 e8 00 00 00");
	REFUSES(&cd, "28 00 00 00 03 e9 00 00 00", 0x052100);
	REFUSES(&cd, "a8 00 00 00 00 01 ff ff ff ff", 0x052100);
	REFUSES(&cd, "88 00 ff ff ff ff ff ff ff ff 00 00 00 02", 0x052100);
	REFUSES(&cd, "2a 00 00 00 00 00 00 00 01", 0x052000);
	AGREES(&cd, "35");
	AGREES(&cd, "2b 00 00 00 03 e7");
	REFUSES(&cd, "2b 00 00 00 03 e8", 0x052100);
	/* READ CD: user data alone, of a track of mode 1. */
	reads("be 00 00 00 01 02 00 00 03 10", 0x102, 3);
	reads("be 08 00 00 01 02 00 00 03 10", 0x102, 3);
	AGREES(&cd, "be 00 00 00 01 02 00 00 03 00");
	REFUSES(&cd, "be 00 00 00 01 02 00 00 03 f8", 0x052400);
	REFUSES(&cd, "be 00 00 00 01 02 00 00 03 10 01", 0x052400);
	REFUSES(&cd, "be 04 00 00 01 02 00 00 03 10", 0x056400);
	REFUSES(&cd, "be 00 00 00 03 e7 00 00 02 10", 0x052100);
	reads("b9 00 00 00 02 01 00 02 04 10", 1, 3);
	REFUSES(&cd, "b9 00 00 00 01 4a 00 02 04 10", 0x052100);
	REFUSES(&cd, "b9 00 00 00 02 04 00 02 01 10", 0x052400);
	REFUSES(&cd, "b9 00 00 00 02 4b 00 04 04 10", 0x052400);
}

static void
test_modes(void)
{
	ANSWERS(&cd, "5a 00 2a 00 00 00 00 00 ff",
	    "00 26 00 00 00 00 00 00 2a 1e 3b 00 70 00 29 00"
	    "21 13 00 00 08 00 21 13 00 00 00 00 00 00 00 00"
	    "00 00 00 00 00 00 00 00");
	AGREES(&cd, "1e 00 00 00 01");
	ANSWERS(&cd, "1a 00 2a 00 0c", "23 00 00 00 2a 1e 3b 00 70 00 2b 00");
	AGREES(&cd, "1e");
	ANSWERS(&cd, "1a 00 01 00 ff",
	    "0f 00 00 00 01 0a 00 20 00 00 00 00 00 00 00 00");
	ANSWERS(&cd, "1a 00 0d 00 ff", "0b 00 00 00 0d 06 00 00 00 3c 00 4b");
	ANSWERS(&cd, "1a 00 0e 00 ff",
	    "13 00 00 00 0e 0e 04 00 00 00 00 00 01 ff 02 ff 00 00 00 00");
	ANSWERS(
	    &cd, "1a 00 1d 00 ff", "0d 00 00 00 1d 08 00 00 00 00 00 1e 00 1e");
	ANSWERS(&empty, "1a 00 1a 00 ff",
	    "0f 00 00 00 1a 0a 00 00 00 00 00 00 00 00 00 00");
	ANSWERS(&cd, "1a 00 08 00 08", "17 00 00 00 08 12 00 00");
	ANSWERS(&cd, "1a 00 3f 00 01", "71");
	ANSWERS(&cd, "1a 00 3f ff 01", "71");
	REFUSES(&cd, "1a 00 05 00 ff", 0x052400);
	REFUSES(&cd, "1a 00 01 01 ff", 0x052400);
	REFUSES(&cd, "1a 00 c1 00 ff", 0x053900);
	/* A value that can change is kept until a reset; the others must not
	 * differ. */
	ANSWERS(&cd, "1a 00 41 00 08", "0f 00 00 00 01 0a 37 ff");
	CHECK(host_gives(&cd, "15 10 00 00 10",
		  "00 00 00 00 01 0a 10 05 00 00 00 00 00 00 00 00") == 0);
	ANSWERS(&cd, "1a 00 01 00 08", "0f 00 00 00 01 0a 10 05");
	ANSWERS(&cd, "1a 00 81 00 08", "0f 00 00 00 01 0a 00 20");
	scsi_reset(&cd);
	CHECK(host_sense(&cd) == 0);
	ANSWERS(&cd, "1a 00 01 00 08", "0f 00 00 00 01 0a 00 20");
	CHECK(
	    host_gives(&cd, "15 10 00 00 10",
		"00 00 00 00 01 0a 80 20 00 00 00 00 00 00 00 00") == 0x052600);
}

/* A host may allocate nothing for an answer. */
static void
test_no_room(void)
{
	static const char *const cdbs[] = {"03", "12", "12 01", "1a 00 3f",
	    "23", "42 00 40 01", "43", "44", "46", "4a 01 00 00 10", "51",
	    "52 01 00 00 00 01", "5a 00 3f", "5c", "9e 10", "a0", "ad", "bd"};
	size_t i;

	for (i = 0; i < sizeof(cdbs) / sizeof(*cdbs); i++)
		AGREES(&dvd, cdbs[i]);
}

int
main(void)
{
	make_drives();
	test_profiles();
	test_inquiry();
	test_capacity();
	test_toc();
	test_channels();
	test_configuration();
	test_disc();
	test_structure();
	test_speed();
	test_read();
	test_modes();
	test_no_room();
	return check_status();
}
