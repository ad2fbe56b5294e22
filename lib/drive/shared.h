/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a worker and its successor know of the host, in memory that the keeper holds;
 * and the messages between keeper and worker. The keeper only reads numbers from it,
 * and believes none of them: who has taken the worker over may write there.
 */
#ifndef VM_DRIVE_SHARED_H
#define VM_DRIVE_SHARED_H

#include <stdint.h>

#include "bot/bot.h"
#include "scsi/scsi.h"

/* Where the worker is with a command. A successor finds the last one's. */
enum drive_phase {
	DRIVE_IDLE,    /* it waits for a command */
	DRIVE_BUSY,    /* a command has come, its status was not sent */
	DRIVE_STATUS,  /* the host may or may not have got the status */
	DRIVE_INVALID, /* an invalid wrapper has come: the host must reset us */
};

struct drive_shared {
	uint32_t phase;	     /* enum drive_phase */
	uint32_t is_enabled; /* the host has configured the function */
	struct bot_command command;
	uint8_t status[BOT_STATUS_SIZE]; /* the last one sent */
	struct scsi_unit unit;
	uint64_t
	    commands; /* taken so far: a worker that takes none is of no use */
};

/* What the keeper tells the worker; with a descriptor where it says so. */
enum drive_order {
	DRIVE_INSERT,	/* a medium, and its source */
	DRIVE_CONTINUE, /* the source of the medium that is in */
	DRIVE_GIVE_UP,	/* the source is away for too long: fail what waits */
	DRIVE_EJECT,	/* also from a locked drive; what waits fails */
	DRIVE_DISCARD,	/* the same, without what the host wrote last */
};

struct drive_message {
	uint32_t order; /* enum drive_order */
	uint32_t is_file, nbd_flags;
	uint32_t is_writable, block_size;
	uint64_t size; /* bytes */
};

/* What the worker tells the keeper: one byte each. */
enum drive_news {
	DRIVE_READY = 'r',    /* commands are answered */
	DRIVE_INSERTED = 'i', /* the host has the medium */
	DRIVE_LOST = 'l',     /* the connection to the source is lost */
	DRIVE_EJECTED = 'e',  /* by the host, or by DRIVE_EJECT */
	DRIVE_UNSAVED = 'x',  /* the source could not flush before that */
	DRIVE_UNFIT = 'u',    /* no such drive can show that medium */
};

#endif
