/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A SCSI logical unit without input and output: an optical drive or a disk. It
 * takes a command, and says what is to be done and what to answer; who calls
 * moves the bytes between the host and the medium. Nothing is allocated, and no
 * system call is made.
 *
 * The commands are those of MMC-6 (INCITS 468) for a drive, of SBC-3 (INCITS 514)
 * for a disk, and of SPC-4 (INCITS 513) for both: the table in command.c has each,
 * by the name of its section there. Numbers are in the order of this machine, but
 * in bytes that go to the host.
 *
 * In turn: scsi_command() makes a job of a command. Its action says what is to be
 * done; then job.status and, after scsi_fail(), the sense are the answer:
 *
 *	SCSI_DONE	send job.length bytes of job.data, if any
 *	SCSI_READ	send job.bytes of the medium, from job.offset on
 *	SCSI_WRITE	take them, and write them; job.fua: they are kept safe
 *			before the status is sent
 *	SCSI_TAKE	take job.length bytes and give them to scsi_take(),
 *			which chooses another action
 *	SCSI_VERIFY	read that part of the medium, which may be all of it; if
 *			job.length is not 0, take as many bytes and compare
 *			(SCSI_MISCOMPARE)
 *	SCSI_FLUSH	keep safe what was written. Linux does not ask a USB disk
 *			whether it has a cache, takes it for one without, and
 *			sends this never: flush also when it writes no more
 *	SCSI_TRIM	forget job.range_count of job.ranges
 *	SCSI_EJECTED	the host has ejected the medium, the unit has it no more:
 *			flush and drop it (so does a successor that finds
 *			present at 0)
 *
 * The unit lies in memory that the process's successor also has: what the host
 * knows of it survives a kill at any moment. What a command tells the host (sense,
 * a unit attention, an event) is forgotten only by the next command, for that one
 * shows that the answer arrived; scsi_fail(SCSI_ABORTED) makes it be told again.
 */
#ifndef VM_SCSI_SCSI_H
#define VM_SCSI_SCSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCSI_LAYOUT    1    /* of struct scsi_unit; another one is not ours */
#define SCSI_CDB_SIZE  16   /* bytes of the longest command */
#define SCSI_DATA_SIZE 4100 /* of the longest answer: READ DISC STRUCTURE, BD */
#define SCSI_RANGES    255  /* of an UNMAP: its list fits into 4 KiB */
#define SCSI_UNMAP_BYTES \
	(1u << 30) /* of an UNMAP: it ends before a host loses patience */

/* The peripheral device type (SPC-4, INQUIRY). */
enum scsi_type {
	SCSI_DISK = 0x00,
	SCSI_CD = 0x05
};

/* Status codes (SAM-5). */
enum scsi_status {
	SCSI_GOOD = 0x00,
	SCSI_CHECK_CONDITION = 0x02
};

enum scsi_action {
	SCSI_DONE,
	SCSI_READ,
	SCSI_WRITE,
	SCSI_TAKE,
	SCSI_VERIFY,
	SCSI_FLUSH,
	SCSI_TRIM,
	SCSI_EJECTED
};

enum scsi_direction {
	SCSI_NO_DATA,
	SCSI_TO_HOST,
	SCSI_FROM_HOST
};

/* The current profile (MMC-6, GET CONFIGURATION): what kind of disc the host sees. */
enum scsi_profile {
	SCSI_NO_PROFILE = 0x0000, /* no medium, or a disk */
	SCSI_CD_ROM = 0x0008,
	SCSI_DVD_ROM = 0x0010,
	SCSI_BD_ROM = 0x0040
};

/* Why a job could not be done, and what a host makes of it. */
enum scsi_reason {
	SCSI_ABORTED,	 /* 0B/00/06 its worker died: hosts repeat it */
	SCSI_READ_ERROR, /* 03/11/00 bytes can't be read: not repeated by Linux */
	SCSI_WRITE_ERROR, /* 03/0C/00 */
	SCSI_SOURCE_AWAY, /* 03/3E/00 as issue 19: repeated a few times, at once */
	SCSI_NOT_READY_YET, /* 02/04/01 becoming ready: Linux repeats with pauses */
	SCSI_NOT_CONFIGURED, /* 02/3E/00 not self-configured yet: fails in Linux */
	SCSI_NO_SPACE,	     /* 07/27/07 the image can't grow */
	SCSI_WRITE_PROTECTED, /* 07/27/00 */
	SCSI_MISCOMPARE,      /* 0E/1D/00 VERIFY has found other bytes */
	SCSI_FAULT	      /* 04/44/00 anything else */
};

struct scsi_setup {
	enum scsi_type type;
	/* ASCII; cut to 8, 16, 4 and 20 characters. Copied. */
	const char *vendor, *product, *revision, *serial;
};

struct scsi_medium {
	uint64_t bytes; /* what is no whole block at the end is not shown */
	uint32_t block_size; /* bytes: 2048; of a disk 512 or 4096 */
	bool writable;	     /* never of SCSI_CD */
	bool trim;	     /* UNMAP does something */
};

/* A logical unit. Only the functions here and status output look into it. */
struct scsi_unit {
	uint32_t layout;		   /* SCSI_LAYOUT */
	uint8_t type;			   /* enum scsi_type */
	uint8_t present;		   /* 1: it has a medium */
	uint8_t writable, trim;		   /* the medium is */
	uint8_t tray_open;		   /* since it was ejected */
	uint8_t prevented;		   /* bits: by PREVENT, persistently */
	uint8_t attention, attention_told; /* bits: unit attentions */
	uint8_t events, events_told;	   /* bits: media event codes */
	uint8_t sense_told;
	uint8_t serial_length; /* characters */
	uint32_t sense;	       /* key, code and qualifier: 0xKKAAQQ; 0: none */
	uint32_t block_size;   /* bytes */
	uint64_t blocks;
	uint64_t
	    information; /* the block that the sense means, or UINT64_MAX */
	char vendor[8], product[16], revision[4],
	    serial[20];	   /* spaces at the end */
	uint8_t pages[40]; /* the values of the mode pages that can change */
};

/* A part of the medium, in bytes. */
struct scsi_range {
	uint64_t offset, bytes;
};

/* What a command needs. It is the caller's, and holds no pointer. */
struct scsi_job {
	uint8_t opcode;
	uint8_t action;	   /* enum scsi_action */
	uint8_t status;	   /* enum scsi_status */
	uint8_t direction; /* enum scsi_direction: of length bytes */
	bool fua;
	uint64_t length; /* bytes that the unit means to move; it may be zero */
	uint64_t offset, bytes; /* of the medium */
	uint64_t
	    done; /* the caller: bytes that went well, before scsi_fail() */
	uint32_t range_count;
	union {
		uint8_t data[SCSI_DATA_SIZE];
		struct scsi_range ranges[SCSI_RANGES];
	};
};

/* Begin: an empty drive, with its tray closed. The host is told of a power-on. */
void scsi_init(struct scsi_unit *, const struct scsi_setup *);

/*
 * Is this a unit that a predecessor has left, and sound? Its memory was open to
 * whoever ran before, so that nothing in it is believed.
 */
bool scsi_is_valid(const struct scsi_unit *);

/*
 * Put a medium in, in place of one that may be there. The host is told (unit
 * attention 28/00, media event). Returns -1 with EINVAL if no such unit can show
 * such a medium.
 */
int scsi_insert(struct scsi_unit *, const struct scsi_medium *);

/*
 * Take the medium out, whatever the host says: ask scsi_is_locked() first. The host
 * is told (3A/02, a disk's: 3A/00; media event).
 */
void scsi_eject(struct scsi_unit *);

/* Ask the host to eject the medium, as a drive's button does (media event). */
void scsi_ask_eject(struct scsi_unit *);

/* Does the host forbid to take the medium out (PREVENT ALLOW MEDIUM REMOVAL)? */
bool scsi_is_locked(const struct scsi_unit *);

/*
 * The bus or the function was reset, or configured: removal is allowed, and mode
 * pages have their defaults (SAM-5). The medium stays, and no unit attention says
 * that something has happened.
 */
void scsi_reset(struct scsi_unit *);

/*
 * Make a job of a command: `length` bytes at `cdb`, of which the opcode says how
 * many it needs. lun: only 0 is a unit. Needs no other job to be under way.
 */
void scsi_command(struct scsi_unit *, unsigned lun, const uint8_t *cdb,
    size_t length, struct scsi_job *);

/*
 * Give the job.length bytes that SCSI_TAKE asked for; they may not lie in the job.
 * Another action takes its place. They were moved, so that length stays.
 */
void scsi_take(struct scsi_unit *, struct scsi_job *, const uint8_t *bytes);

/*
 * The action could not be done, wholly: the status becomes CHECK CONDITION, with
 * sense for the host; the block behind job.done bytes is named in it. A successor
 * gives a job of zeros with SCSI_ABORTED, if a command was under way.
 */
void scsi_fail(struct scsi_unit *, struct scsi_job *, enum scsi_reason);

/*
 * What the medium is shown as. Up to 360,000 blocks (80 minutes) it is a CD: none
 * longer is in the standard, and each host reads a DVD of any size; up to 8.5 GB a
 * DVD, of two layers above 4.7 GB; a Blu-ray disc above that.
 */
enum scsi_profile scsi_profile(const struct scsi_unit *);

/* "READ(10)"; static. "?" if the unit has no such command. */
const char *scsi_name(const struct scsi_unit *, uint8_t opcode);

#endif
