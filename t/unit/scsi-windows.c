/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What Windows needs from an optical drive: cdrom.sys, which was public in
 * github.com/microsoft/Windows-driver-samples, storage/class/cdrom/src (until
 * commit 2409c676), sends these commands after plugging in, when the medium
 * changes, to eject, and around a suspend.
 */
#include "scsi-steps.h"

/* What Windows knows about a drive's events (DeviceInitializeGesn). */
struct windows {
	uint8_t mask, unchanged;
	bool hack; /* not sure yet that the drive reports the class with news */
};

#define OTHER_EVENT 0xff

/*
 * Poll while GesnDataInterpret asks for another call. Returns the media events
 * that it saw, as a bit each; OTHER_EVENT after an answer that makes Windows
 * stop polling for good.
 */
static uint8_t
windows_polls(struct scsi_unit *unit, struct windows *w)
{
	uint8_t seen = 0, bit;
	char cdb[64];
	int turns;

	for (turns = 0; turns < 16; turns++) {
		snprintf(
		    cdb, sizeof(cdb), "4a 01 00 00 %02x 00 00 00 08", w->mask);
		host_sends(unit, cdb);
		if (job.status != SCSI_GOOD || job.length != 8)
			return OTHER_EVENT;
		bit = (uint8_t)(1 << (job.data[2] & 7));
		if (job.data[2] & 0x80) /* NEA: no class has an event */
			return seen;
		if (!(w->mask & bit))
			return OTHER_EVENT;
		if (w->hack && bit != (w->mask & -w->mask))
			w->hack = false;
		else if (w->hack && (job.data[4] & 0x0f) == 0) {
			w->unchanged |= bit;
			w->mask &= (uint8_t)~bit;
			if (w->mask != 0)
				continue;
			w->mask = w->unchanged;
			w->unchanged = 0;
			return seen;
		}
		/* Windows subtracts 2 from the length, and expects 4. */
		if ((job.data[0] << 8 | job.data[1]) != 6)
			return OTHER_EVENT;
		if ((job.data[4] & 0x0f) == 0)
			return seen;
		if (job.data[2] == 4)
			seen |= (uint8_t)(1 << (job.data[4] & 0x0f));
	}
	return OTHER_EVENT; /* the events never end */
}

/* Windows wants these classes: operational change, external request, media,
 * device busy. */
static void
windows_begins(struct scsi_unit *unit, struct windows *w)
{
	static const struct step inquiry[] = {
	    {"DeviceCacheDeviceInquiryData", "12 00 00 00 24", 0, 36,
		"05 80 -- -- 1f"},
	    {"DeviceInitializeGesn", "4a 01 00 00 00 00 00 00 08", 0, 4,
		"-- -- -- 56"},
	};

	PLAYS(unit, inquiry);
	*w = (struct windows){job.data[3] & 0x5a, 0, true};
}

/* It is an MMC drive (the lengths are those that the driver accepts), and a DVD
 * drive, because profile 0010h is in the list. It does not play audio. */
static const struct step windows_features[] = {
    {"DeviceGetMmcSupportInfo", "46 00 00 00 00 00 00 00 08", 0, 8,
	"00 00 00 98"},
    {"DeviceGetMmcSupportInfo", "46 02 00 00 00 00 00 00 0c", 0, 12,
	"00 00 00 14 -- -- -- -- 00 00 -- 0c"},
    {"DeviceGetConfigurationWithAlloc", "46 00 00 00 00 00 00 00 9c", 0, 156,
	"00 00 00 98 -- -- -- -- 00 00 03 0c 00 40 -- -- 00 10 -- -- 00 08"},
    {"DeviceSetRawReadInfo", "5a 08 2a 00 00 00 00 00 2a", RESET, 0, NULL},
};

static const struct step windows_capabilities[] = {
    {"DeviceSetRawReadInfo", "5a 08 2a 00 00 00 00 00 2a", 0, 40,
	"-- -- -- -- -- -- 00 00 2a 1e -- -- 70 00"},
};

/* Windows does not ask the user for a region, and does not guess a writing
 * speed. */
static const struct step windows_no_dvd_video[] = {
    {"DeviceInitializeDvd", "a4 00 00 00 00 00 00 00 00 08 08", NO_KEY, 0,
	NULL},
    {"DeviceRetryTimeDetectionBasedOnModePage2A", "5a 08 2a 00 00 00 00 ff f0",
	0, 40,
	"00 26 -- -- -- -- 00 00 2a 1e -- -- -- -- -- -- -- -- -- -- -- -- -- "
	"-- -- -- 00 00"},
    {"DeviceRetryTimeDetectionBasedOnGetPerformance",
	"ac 14 00 00 00 00 00 00 00 c8 00", NO_FIELD, 0, NULL},
    {"DeviceRetryTimeDetectionBasedOnGetPerformance",
	"ac 00 00 00 00 00 00 00 00 c8 03", NO_FIELD, 0, NULL},
};

static void
test_windows_plug(void)
{
	static const struct step medium[] = {
	    {"DeviceSetRawReadInfo", "5a 08 2a 00 00 00 00 00 2a", NEW_MEDIUM,
		0, NULL},
	};
	static const struct step after[] = {
	    {"MediaReadCapacity", "25", 0, 8, "00 2c cc cb 00 00 08 00"},
	    /* Both are current: the DVD profile, and SET STREAMING, which sets
	     * its speed. */
	    {"DeviceUpdateMmcCapabilities", "46 01 00 00 00 00 00 00 9c", 0,
		116, "00 00 00 70 -- -- 00 10"},
	    {"DeviceUpdateMmcCapabilities", "46 02 01 07 00 00 00 00 9c", 0, 16,
		"-- -- -- -- -- -- -- -- 01 07 0f 04"},
	};
	struct scsi_unit u;
	struct windows w;

	plug(&u, DVD_BLOCKS);
	windows_begins(&u, &w);
	/* Windows tries all three classes, one after the other; the medium is
	 * in the second. */
	CHECK(windows_polls(&u, &w) == 1 << 2);
	CHECK(windows_polls(&u, &w) == 0);
	PLAYS(&u, windows_features);
	PLAYS(&u, medium);
	PLAYS(&u, windows_capabilities);
	PLAYS(&u, after);
	PLAYS(&u, windows_no_dvd_video);
}

static void
test_windows_empty(void)
{
	static const struct step after[] = {
	    {"MediaReadCapacity", "25", NO_MEDIUM, 0, NULL},
	    {"DeviceUpdateMmcCapabilities", "46 01 00 00 00 00 00 00 9c", 0, 96,
		"00 00 00 5c -- -- 00 00"},
	    {"RequestHandleCheckVerify", "00", NO_MEDIUM, 0, NULL},
	};
	struct scsi_unit u;
	struct windows w;

	plug(&u, 0);
	windows_begins(&u, &w);
	CHECK(windows_polls(&u, &w) == 0);
	PLAYS(&u, windows_features);
	PLAYS(&u, windows_capabilities);
	PLAYS(&u, after);
}

/* The first poll reports the medium, and the unit attention does not confuse
 * Windows. */
static void
test_windows_change(void)
{
	static const struct step after[] = {
	    {"MediaReadCapacity", "25", NEW_MEDIUM, 0, NULL},
	    {"MediaReadCapacity", "25", 0, 8, "00 95 02 f8 00 00 08 00"},
	    {"RequestHandleCheckVerify", "00", 0, 0, NULL},
	    {"DeviceUpdateMmcCapabilities", "46 01 00 00 00 00 00 00 9c", 0,
		140, "-- -- -- -- -- -- 00 40"},
	    {"RequestHandleReadTOC", "43 02 00 00 00 00 00 03 24", 0, 20,
		"00 12 01 01 -- 14 01 -- 00 00 02 00 -- 14 aa"},
	    {"RequestHandleReadTOC", "43 00 01 00 00 00 00 03 24", 0, 12,
		"00 0a 01 01 -- 14 01 -- 00 00 00 00"},
	};
	struct scsi_unit u;
	struct windows w;

	host_init(&u, SCSI_CD);
	windows_begins(&u, &w);
	CHECK(windows_polls(&u, &w) == 0);
	change(&u, BD_BLOCKS);
	CHECK(windows_polls(&u, &w) == 1 << 2);
	CHECK(!w.hack); /* the drive reports a class with news first */
	PLAYS(&u, after);
	/* The layers of a DVD: the end of the first layer, and the inverted end
	 * of the second. */
	change(&u, DVD_BLOCKS);
	CHECK(windows_polls(&u, &w) == 1 << 2);
	REFUSES(&u, "00", NEW_MEDIUM);
	take_step(&u,
	    &(struct step){"ReadDvdStructure", "ad 00 00 00 00 00 00 00 00 15",
		0, 21,
		"08 02 -- -- 01 -- 31 -- 00 03 00 00 00 fc ff eb 00 19 66 6f"},
	    __LINE__);
	/* The medium is replaced by another one between two polls. */
	scsi_eject(&u);
	change(&u, CD_BLOCKS);
	CHECK(windows_polls(&u, &w) == 1 << 2);
}

static void
test_windows_eject(void)
{
	static const struct step lock[] = {
	    {"PerformEjectionControl", "1e 00 00 00 01", 0, 0, NULL},
	};
	static const struct step eject[] = {
	    {"PerformEjectionControl", "1e 00 00 00 00", 0, 0, NULL},
	    {"RequestHandleLoadEjectMedia", "1b 00 00 00 02", 0, 0, NULL},
	};
	static const struct step after[] = {
	    {"RequestHandleCheckVerify", "00", NO_MEDIUM_OPEN, 0, NULL},
	    {"MediaReadCapacity", "25", NO_MEDIUM_OPEN, 0, NULL},
	};
	struct scsi_unit u;
	struct windows w;

	host_init(&u, SCSI_CD);
	host_insert(&u, DVD_BLOCKS, 2048, false, false);
	windows_begins(&u, &w);
	CHECK(windows_polls(&u, &w) == 1 << 2);
	PLAYS(&u, lock);
	/* Our side asks for an eject, and Windows does it. */
	scsi_ask_eject(&u);
	CHECK(windows_polls(&u, &w) == 1 << 1);
	PLAYS(&u, eject);
	CHECK(job.action == SCSI_EJECTED);
	CHECK(windows_polls(&u, &w) == 1 << 3);
	PLAYS(&u, after);
}

/* A stopped drive starts by itself; after the suspend, nothing has changed. */
static void
test_windows_suspend(void)
{
	static const struct step down[] = {
	    {"DeviceSendPowerDownProcessRequest", "35", 0, 0, NULL},
	    {"DeviceSendPowerDownProcessRequest", "1b 01 00 00 00", 0, 0, NULL},
	};
	static const struct step up[] = {
	    {"DeviceSendStartUnit", "1b 00 00 00 01", 0, 0, NULL},
	    {"RequestHandleCheckVerify", "00", 0, 0, NULL},
	    {"MediaReadCapacity", "25", 0, 8, "00 04 93 df 00 00 08 00"},
	};
	struct scsi_unit u;
	struct windows w;

	host_init(&u, SCSI_CD);
	host_insert(&u, CD_BLOCKS, 2048, false, false);
	windows_begins(&u, &w);
	CHECK(windows_polls(&u, &w) == 1 << 2);
	PLAYS(&u, down);
	CHECK(job.action == SCSI_DONE);
	CHECK(u.present);
	scsi_reset(&u);
	PLAYS(&u, up);
	CHECK(windows_polls(&u, &w) == 0);
}

/* What DeviceRestoreDefaultSpeed sends: a descriptor that has only RDD set. */
static void
test_windows_speed(void)
{
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	host_insert(&u, DVD_BLOCKS, 2048, false, false);
	CHECK(host_gives(&u, "b6 00 00 00 00 00 00 00 00 00 1c",
		  "04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
		  "00 00 00 00 00 00 00 00 00 00 00 00") == 0);
	/* Reads with the streaming bit of READ(12) are reads. */
	host_sends(&u, "a8 00 00 00 00 10 00 00 00 20 80");
	CHECK(job.action == SCSI_READ && job.length == 32 * 2048);
}

int
main(void)
{
	test_windows_plug();
	test_windows_empty();
	test_windows_change();
	test_windows_eject();
	test_windows_suspend();
	test_windows_speed();
	return check_status();
}
