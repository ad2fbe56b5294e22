/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What macOS needs from an optical drive:
 * IOSCSIArchitectureModelFamily-139.0.2, of github.com/apple-oss-distributions,
 * sends these commands. The functions are in
 * IOSCSIMultimediaCommandsDevice.cpp, or in IOSCSIPeripheralDeviceNub.cpp if
 * "Nub" is in the name.
 */
#include "scsi-steps.h"

/* The drive is present, and is a DVD drive: profile 0010h, bit 3 of page 2Ah.
 * It does not have Apple's own page. */
static const struct step mac_plug[] = {
    {"Nub::InterrogateDevice", "00", RESET, 0, NULL},
    {"Nub::InterrogateDevice", "12 00 00 00 06", 0, 6, "05 80 -- -- 1f"},
    {"Nub::InterrogateDevice", "12 00 00 00 24", 0, 36, "05 80 -- -- 1f"},
    {"ClearNotReadyStatus", "00", NEW_MEDIUM, 0, NULL},
    {"DetermineIfMediaIsRemovable", "12 00 00 00 24", 0, 36, "05 80"},
    {"GetDeviceConfigurationSize", "46 02 00 00 00 00 00 00 04", 0, 4,
	"00 00 00 14"},
    {"GetDeviceConfiguration", "46 02 00 00 00 00 00 00 18", 0, 24,
	"-- -- -- -- -- -- -- -- -- -- -- -- 00 40 -- -- 00 10 -- -- 00 08"},
    {"GetDeviceConfiguration", "46 02 01 03 00 00 00 00 0c", 0, 8, NULL},
    {"GetDeviceConfiguration", "46 02 00 21 00 00 00 00 0c", 0, 8, NULL},
    {"GetDeviceConfiguration", "46 02 00 2d 00 00 00 00 10", 0, 8, NULL},
    {"GetDeviceConfiguration", "46 02 00 2e 00 00 00 00 10", 0, 8, NULL},
    {"GetDeviceConfiguration", "46 02 01 06 00 00 00 00 0c", 0, 8, NULL},
    {"GetMechanicalCapabilitiesSize", "5a 08 2a 00 00 00 00 00 08", 0, 8,
	"00 26 -- -- -- -- 00 00"},
    {"GetMechanicalCapabilities", "5a 08 2a 00 00 00 00 00 28", 0, 40,
	"00 26 -- -- -- -- 00 00 2a 1e 3b 00 70 00"},
    {"CheckForLowPowerPollingSupport", "5a 08 31 00 00 00 00 00 10", NO_FIELD,
	0, NULL},
    {"CheckForLowPowerPollingSupport", "1a 08 31 00 10", NO_FIELD, 0, NULL},
};

static void
test_mac_dvd(void)
{
	static const struct step found[] = {
	    {"PollForMedia", "00", 0, 0, NULL},
	    {"PollForMedia", "1e 00 00 00 01", 0, 0, NULL},
	    {"PollForMedia", "25", 0, 8, "00 2c cc cb 00 00 08 00"},
	    /* The book's type is 0: DVD-ROM. */
	    {"CheckForDVDMediaType", "ad 00 00 00 00 00 00 00 00 08", 0, 8,
		"-- -- -- -- 01"},
	    {"SetMediaAccessSpeed", "bb 00 ff ff 00 00 00 00 00 00 00 40", 0, 0,
		NULL},
	    {"GetTrayState", "4a 01 00 00 10 00 00 00 08", 0, 8,
		"-- -- -- -- -- 02"},
	};
	struct scsi_unit u;

	plug(&u, DVD_BLOCKS);
	PLAYS(&u, mac_plug);
	PLAYS(&u, found);
	CHECK(scsi_is_locked(&u));
}

/* A medium that is not a DVD has a table of contents, and counts as a CD; its
 * size is that of READ CAPACITY. The public source does not know Blu-ray
 * discs. */
static void
test_mac_cd(void)
{
	static const struct step found[] = {
	    {"PollForMedia", "00", 0, 0, NULL},
	    {"PollForMedia", "1e 00 00 00 01", 0, 0, NULL},
	    {"PollForMedia", "25", 0, 8, "00 04 93 df 00 00 08 00"},
	    {"CheckForDVDMediaType", "ad 00 00 00 00 00 00 00 00 08", NO_FORMAT,
		0, NULL},
	    {"CheckForCDMediaType", "43 00 00 00 00 00 00 00 04", 0, 4,
		"00 12 01 01"},
	    {"SetMediaAccessSpeed", "bb 00 ff ff", 0, 0, NULL},
	    /* The lead-out (A2h) is at the capacity plus 2 seconds; not in
	     * BCD. */
	    {"ReadTOC", "43 02 02 00 00 00 00 ff fe", 0, 48,
		"00 2e 01 01 01 14 -- a0 -- -- -- -- 01 -- --"
		"01 14 -- a1 -- -- -- -- 01 -- --"
		"01 14 -- a2 -- -- -- -- 42 2a 00"
		"01 14 -- 01 -- -- -- -- 00 02 00"},
	};
	static const struct step other[] = {
	    {"CheckForDVDMediaType", "ad 00 00 00 00 00 00 00 00 08", NO_FIELD,
		0, NULL},
	    {"CheckForCDMediaType", "43 00 00 00 00 00 00 00 04", 0, 4, NULL},
	};
	struct scsi_unit u;

	plug(&u, CD_BLOCKS);
	PLAYS(&u, mac_plug);
	PLAYS(&u, found);
	host_init(&u, SCSI_CD);
	host_insert(&u, BD_BLOCKS, 2048, false, false);
	PLAYS(&u, other);
}

/*
 * PollForMedia ejects a medium if TEST UNIT READY fails with a medium error, or
 * with "not ready" for a reason other than 3A/xx and some of 04/xx. So it must
 * not fail only because the source is away.
 */
static void
test_mac_change(void)
{
	static const struct step none[] = {
	    {"PollForMedia", "00", NO_MEDIUM, 0, NULL},
	};
	static const struct step found[] = {
	    {"PollForMedia", "00", NEW_MEDIUM, 0, NULL},
	    {"PollForMedia", "00", 0, 0, NULL},
	    {"PollForMedia", "1e 00 00 00 01", 0, 0, NULL},
	    {"PollForMedia", "25", 0, 8, "00 04 93 df 00 00 08 00"},
	};
	static const struct step ready[] = {
	    {"CheckMediaPresence", "00", 0, 0, NULL},
	};
	static const struct step ejects[] = {
	    {"EjectTheMedia", "1e 00 00 00 00", 0, 0, NULL},
	    {"EjectTheMedia", "1b 00 00 00 02", 0, 0, NULL},
	};
	static const struct step gone[] = {
	    {"PollForMedia", "00", NO_MEDIUM_OPEN, 0, NULL},
	    {"GetTrayState", "4a 01 00 00 10 00 00 00 08", 0, 8,
		"-- -- -- -- -- 01"},
	    {"SetTrayState", "1b 01 00 00 03", 0, 0, NULL},
	    {"PollForMedia", "00", NO_MEDIUM, 0, NULL},
	};
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	PLAYS(&u, none);
	change(&u, CD_BLOCKS);
	PLAYS(&u, found);
	host_sends(&u, "28 00 00 00 00 10 00 00 01");
	CHECK(job.action == SCSI_READ);
	scsi_fail(&u, &job, SCSI_SOURCE_AWAY);
	PLAYS(&u, ready);
	PLAYS(&u, ejects);
	CHECK(job.action == SCSI_EJECTED);
	PLAYS(&u, gone);
}

/* HandlePowerChange closes the tray and stops the drive, which starts again by
 * itself. It locks the drive again when it wakes. */
static void
test_mac_sleep(void)
{
	static const struct step sleeps[] = {
	    {"HandlePowerChange", "1b 00 00 00 03", 0, 0, NULL},
	    {"HandlePowerChange", "1b 00 00 00 00", 0, 0, NULL},
	};
	static const struct step wakes[] = {
	    {"HandlePowerChange", "00", 0, 0, NULL},
	    {"CheckMediaPresence", "00", 0, 0, NULL},
	    {"HandlePowerChange", "1e 00 00 00 01", 0, 0, NULL},
	};
	struct scsi_unit u;

	host_init(&u, SCSI_CD);
	host_insert(&u, DVD_BLOCKS, 2048, false, false);
	PLAYS(&u, sleeps);
	CHECK(job.action == SCSI_DONE);
	scsi_reset(&u);
	CHECK(!scsi_is_locked(&u));
	PLAYS(&u, wakes);
	CHECK(scsi_is_locked(&u));
}

int
main(void)
{
	test_mac_dvd();
	test_mac_cd();
	test_mac_change();
	test_mac_sleep();
	return check_status();
}
