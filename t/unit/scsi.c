/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What all commands have in common: unit attentions, sense, the tray and its
 * lock; and what survives a worker that dies.
 */
#include <errno.h>

#include "scsi-host.h"

#define READY	  "00"
#define MEDIA	  "4a 01 00 00 10 00 00 00 08" /* GET EVENT STATUS NOTIFICATION */
#define NO_EVENT  "00 06 04 56 00 02 00 00"
#define NEW	  "00 06 04 56 02 02 00 00"
#define REMOVED	  "00 06 04 56 03 01 00 00"
#define ASKED	  "00 06 04 56 01 02 00 00"
#define EJECT	  "1b 00 00 00 02"
#define LOAD	  "1b 00 00 00 03"
#define PREVENT	  "1e 00 00 00 01"
#define ALLOW	  "1e 00 00 00 00"
#define INQUIRY_2 "12 00 00 00 02" /* its first two bytes */

static const struct scsi_medium disc = {2048 * 1000, 2048, false, false};

/* A unit attention is told once, but not by a command that must tell something
 * else. */
static void
test_attention(void)
{
	static const struct scsi_setup setup = {SCSI_CD, "v", "p", "r", "s"};
	struct scsi_unit u;

	scsi_init(&u, &setup);
	CHECK(scsi_insert(&u, &disc) == 0);
	ANSWERS(&u, INQUIRY_2, "05 80");
	ANSWERS(&u, "a0 00 00 00 00 00 00 00 00 04", "00 00 00 08");
	ANSWERS(&u, "46 02 ff ff 00 00 00 00 08", "00 00 00 04 00 00 00 08");
	ANSWERS(&u, MEDIA, NEW);
	/* The power-on first, then the medium; then the drive is ready. */
	REFUSES(&u, "51 00 00 00 00 00 00 00 22", 0x062900);
	REFUSES(&u, "ff", 0x062800);
	AGREES(&u, READY);
	REFUSES(&u, "ff", 0x052000);
	AGREES(&u, READY);
}

/* Without REQUEST SENSE, the next command clears the sense. */
static void
test_sense(void)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	REFUSES(&u, READY, 0x023a01);
	CHECK(host_sense(&u) == 0);
	host_sends(&u, READY);
	ANSWERS(&u, INQUIRY_2, "05 80");
	CHECK(host_sense(&u) == 0);
	/* Both formats of sense, whole and cut. */
	host_sends(&u, READY);
	ANSWERS(&u, "03 00 00 00 ff",
	    "70 00 02 00000000 0a 00000000 3a 01 00 000000");
	host_sends(&u, READY);
	ANSWERS(&u, "03 01 00 00 ff", "72 02 3a 01 00 00 00 00");
	host_sends(&u, READY);
	ANSWERS(&u, "03 00 00 00 04", "70 00 02 00");
	AGREES(&u, "03 00 00 00 00");
}

/* REQUEST SENSE names the block at which the caller failed. */
static void
test_failures(void)
{
	static const uint32_t senses[] = {[SCSI_ABORTED] = 0x0b0006,
	    [SCSI_READ_ERROR] = 0x031100,
	    [SCSI_WRITE_ERROR] = 0x030c00,
	    [SCSI_SOURCE_AWAY] = 0x033e00,
	    [SCSI_NOT_READY_YET] = 0x020401,
	    [SCSI_NOT_CONFIGURED] = 0x023e00,
	    [SCSI_NO_SPACE] = 0x072707,
	    [SCSI_WRITE_PROTECTED] = 0x072700,
	    [SCSI_MISCOMPARE] = 0x0e1d00,
	    [SCSI_FAULT] = 0x044400};
	struct scsi_unit u;
	unsigned i;

	host_init(&u, SCSI_CD);
	host_insert(&u, 1000, 2048, false, false);
	for (i = 0; i < sizeof(senses) / sizeof(*senses); i++) {
		host_sends(&u, "28 00 00 00 01 00 00 00 08");
		scsi_fail(&u, &job, (enum scsi_reason)i);
		CHECK(job.status == SCSI_CHECK_CONDITION);
		CHECK(job.action == SCSI_DONE && job.length == 8 * 2048);
		CHECK(host_sense(&u) == senses[i]);
		CHECK(host_sense(&u) == 0);
	}
	host_sends(&u, "28 00 00 00 01 00 00 00 08");
	job.done = 3 * 2048;
	scsi_fail(&u, &job, SCSI_READ_ERROR);
	ANSWERS(&u, "03 00 00 00 12",
	    "f0 00 03 00000103 0a 00000000 11 00 00 000000");
	host_sends(&u, "28 00 00 00 01 00 00 00 08");
	scsi_fail(&u, &job, SCSI_READ_ERROR);
	ANSWERS(&u, "03 01 00 00 ff",
	    "72 03 11 00 00 00 00 0c 00 0a 80 00 0000000000000100");
}

static void
test_lengths(void)
{
	static const uint8_t inquiry[6] = {0x12, 0, 0, 0, 36};
	static const uint8_t bad_read[9] = {0x28};
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	host_insert(&u, 1000, 2048, false, false);
	scsi_command(&u, 0, inquiry, 6, &job);
	CHECK(job.status == SCSI_GOOD && job.length == 36);
	scsi_command(&u, 0, inquiry, 5, &job);
	CHECK(job.status == SCSI_CHECK_CONDITION);
	CHECK(host_sense(&u) == 0x052400);
	scsi_command(&u, 0, bad_read, sizeof(bad_read), &job);
	CHECK(job.status == SCSI_CHECK_CONDITION);
	CHECK(host_sense(&u) == 0x052400);
	scsi_command(&u, 0, inquiry, 0, &job);
	CHECK(job.status == SCSI_CHECK_CONDITION && job.length == 0);
}

/* A command to another logical unit is told that there is none, and leaves ours
 * alone. */
static void
test_other_unit(void)
{
	static const uint8_t inquiry[6] = {0x12, 0, 0, 0, 36};
	static const uint8_t luns[12] = {0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16};
	static const uint8_t sense[6] = {0x03, 0, 0, 0, 18};
	static const uint8_t ready[6] = {0};
	struct scsi_unit u, before;

	host_init(&u, SCSI_CD);
	CHECK(scsi_insert(&u, &disc) == 0);
	before = u;
	scsi_command(&u, 1, inquiry, 6, &job);
	CHECK(job.status == SCSI_GOOD && job.length == 36);
	CHECK(job.data[0] == 0x7f);
	scsi_command(&u, 1, luns, 12, &job);
	CHECK(job.status == SCSI_GOOD && job.length == 16);
	scsi_command(&u, 1, ready, 6, &job);
	CHECK(job.status == SCSI_CHECK_CONDITION && job.length == 0);
	scsi_command(&u, 1, sense, 6, &job);
	CHECK(job.status == SCSI_GOOD && job.data[2] == 0x05);
	CHECK(job.data[12] == 0x25);
	CHECK(memcmp(&before, &u, sizeof(u)) == 0);
}

static void
test_lock(void)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	host_insert(&u, 1000, 2048, false, false);
	CHECK(!scsi_is_locked(&u));
	AGREES(&u, PREVENT);
	CHECK(scsi_is_locked(&u));
	REFUSES(&u, EJECT, 0x055302);
	AGREES(&u, READY);
	AGREES(&u, "1e 00 00 00 03"); /* the persistent lock, too */
	AGREES(&u, ALLOW);
	CHECK(scsi_is_locked(&u));
	AGREES(&u, "1e 00 00 00 02");
	CHECK(!scsi_is_locked(&u));
	AGREES(&u, PREVENT);
	scsi_eject(&u); /* by force */
	REFUSES(&u, EJECT, 0x025302);
	scsi_reset(&u);
	CHECK(!scsi_is_locked(&u));
	REFUSES(&u, READY, 0x023a02); /* without an attention */
}

static void
test_host_ejects(void)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	host_insert(&u, 1000, 2048, false, false);
	AGREES(&u, "1b 00 00 00 01");
	AGREES(&u, "1b 00 00 00 00");
	AGREES(&u, "1b 00 00 00 32"); /* a power condition ejects nothing */
	AGREES(&u, READY);
	host_sends(&u, EJECT);
	CHECK(job.status == SCSI_GOOD && job.action == SCSI_EJECTED);
	CHECK(!u.present);
	REFUSES(&u, READY, 0x023a02);
	ANSWERS(&u, "bd 00 00 00 00 00 00 00 00 08", "00 10 00 00 00 01 00 00");
	AGREES(&u, EJECT); /* again: no error, and no event */
	AGREES(&u, LOAD);
	REFUSES(&u, READY, 0x023a01);
	ANSWERS(&u, "bd 00 00 00 00 00 00 00 00 08", "00 00 00 00 00 01 00 00");
}

static void
test_events(void)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	ANSWERS(&u, MEDIA, "00 06 04 56 00 00 00 00");
	CHECK(scsi_insert(&u, &disc) == 0);
	/* An answer without room for an event does not lose it. */
	ANSWERS(&u, "4a 01 00 00 10 00 00 00 04", "00 06 04 56");
	ANSWERS(&u, MEDIA, NEW);
	ANSWERS(&u, MEDIA, NO_EVENT);
	scsi_ask_eject(&u);
	ANSWERS(&u, MEDIA, ASKED);
	ANSWERS(&u, MEDIA, NO_EVENT);
	scsi_eject(&u);
	scsi_eject(&u);
	ANSWERS(&u, MEDIA, REMOVED);
	ANSWERS(&u, MEDIA, "00 06 04 56 00 01 00 00");
	scsi_ask_eject(&u); /* without a medium */
	ANSWERS(&u, MEDIA, "00 06 04 56 00 01 00 00");
	/* A change of media between two polls is one event. */
	CHECK(scsi_insert(&u, &disc) == 0);
	scsi_eject(&u);
	CHECK(scsi_insert(&u, &disc) == 0);
	ANSWERS(&u, MEDIA, NEW);
	ANSWERS(&u, MEDIA, NO_EVENT);
	/* Of several classes, the one that has an event is reported. */
	scsi_ask_eject(&u);
	ANSWERS(&u, "4a 01 00 00 56 00 00 00 08", ASKED);
	ANSWERS(&u, "4a 01 00 00 56 00 00 00 08", "00 06 01 56 00 00 00 00");
	ANSWERS(&u, "4a 01 00 00 04 00 00 00 08", "00 06 02 56 00 01 00 00");
	ANSWERS(&u, "4a 01 00 00 08 00 00 00 08", "00 02 80 56");
	REFUSES(&u, "4a 00 00 00 10 00 00 00 08", 0x052400);
}

/* The attention for a medium that was ejected unseen is not told for the next
 * one. */
static void
test_medium_goes_unseen(void)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	CHECK(scsi_insert(&u, &disc) == 0);
	scsi_eject(&u);
	REFUSES(&u, READY, 0x023a02);
	CHECK(scsi_insert(&u, &disc) == 0);
	REFUSES(&u, READY, 0x062800);
	AGREES(&u, READY);
}

/* A worker dies after its command, before the host has the answer. */
static void
test_death(void)
{
	static const struct scsi_job none;
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	CHECK(scsi_insert(&u, &disc) == 0);
	host_sends(&u, READY);
	job = none;
	scsi_fail(&u, &job, SCSI_ABORTED);
	CHECK(job.status == SCSI_CHECK_CONDITION);
	CHECK(host_sense(&u) == 0x0b0006);
	/* It dies again: in REQUEST SENSE, after the attention was told. */
	host_sends(&u, READY);
	CHECK(host_sense(&u) == 0x062800);
	scsi_fail(&u, &job, SCSI_ABORTED);
	REFUSES(&u, READY, 0x062800);
	AGREES(&u, READY);
	/* And while it answers with an event. */
	ANSWERS(&u, MEDIA, NEW);
	CHECK(scsi_insert(&u, &disc) == 0);
	ANSWERS(&u, MEDIA, NEW);
	scsi_fail(&u, &job, SCSI_ABORTED);
	ANSWERS(&u, MEDIA, NEW);
	ANSWERS(&u, MEDIA, NO_EVENT);
	CHECK(scsi_is_valid(&u));
}

/* Invalid content of the shared memory is rejected. */
static void
test_valid(void)
{
	struct scsi_unit good, u;

	host_init(&good, SCSI_CD);
	CHECK(scsi_is_valid(&good));
	host_insert(&good, 1000, 2048, false, false);
	CHECK(scsi_is_valid(&good));
	memset(&u, 0, sizeof(u));
	CHECK(!scsi_is_valid(&u));
	u = good;
	u.layout++;
	CHECK(!scsi_is_valid(&u));
	u = good;
	u.type = 7;
	CHECK(!scsi_is_valid(&u));
	u = good;
	u.block_size = 0;
	CHECK(!scsi_is_valid(&u));
	u = good;
	u.blocks = UINT64_MAX / 2048;
	CHECK(!scsi_is_valid(&u));
	u = good;
	u.serial_length = 21;
	CHECK(!scsi_is_valid(&u));
}

static bool
takes(enum scsi_type type, uint64_t bytes, uint32_t block_size, bool writable)
{
	const struct scsi_medium medium = {bytes, block_size, writable, false};
	struct scsi_unit u;

	host_init(&u, type);
	errno = 0;
	if (scsi_insert(&u, &medium) == 0)
		return u.blocks == bytes / block_size;
	CHECK(errno == EINVAL && !u.present);
	return false;
}

static void
test_media(void)
{
	CHECK(takes(SCSI_CD, 2048, 2048, false));
	CHECK(takes(SCSI_CD, 4095, 2048, false));
	CHECK(!takes(SCSI_CD, 2047, 2048, false));
	CHECK(!takes(SCSI_CD, 4096, 512, false));
	CHECK(!takes(SCSI_CD, 4096, 0, false));
	CHECK(!takes(SCSI_CD, 4096, 2048, true));
	CHECK(takes(SCSI_DISK, 512, 512, true));
	CHECK(takes(SCSI_DISK, 4096, 4096, false));
	CHECK(!takes(SCSI_DISK, 4096, 2048, false));
	CHECK(!takes(SCSI_DISK, UINT64_MAX, 512, false));
}

static void
test_names(void)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	CHECK(strcmp(scsi_name(&u, 0x28), "READ(10)") == 0);
	CHECK(strcmp(scsi_name(&u, 0x42), "READ SUB-CHANNEL") == 0);
	CHECK(strcmp(scsi_name(&u, 0x2a), "?") == 0);
	host_init(&u, SCSI_DISK);
	CHECK(strcmp(scsi_name(&u, 0x42), "UNMAP") == 0);
	CHECK(strcmp(scsi_name(&u, 0x43), "?") == 0);
}

int
main(void)
{
	test_attention();
	test_sense();
	test_failures();
	test_lengths();
	test_other_unit();
	test_lock();
	test_host_ejects();
	test_events();
	test_medium_goes_unseen();
	test_death();
	test_valid();
	test_media();
	test_names();
	return check_status();
}
