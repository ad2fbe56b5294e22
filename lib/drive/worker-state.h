/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the worker knows: one command at a time goes through these steps. worker.c is
 * the loop, and hears the keeper; command.c goes through the steps of a command; read.c
 * and write.c move the medium's bytes; tray.c has the medium; inherit.c goes on after a
 * predecessor; end.c ends a command; bus.c speaks with the host. Each calls only those
 * after it.
 */
#ifndef VM_DRIVE_WORKER_STATE_H
#define VM_DRIVE_WORKER_STATE_H

#include <stdbool.h>

#include "drive/aio.h"
#include "drive/function.h"
#include "drive/piece.h"
#include "drive/place.h"
#include "drive/shared.h"
#include "drive/source.h"
#include "drive/wait.h"

/* Tags of transfers: the number of a piece, or one of these. */
enum {
	TAG_COMMAND = PIECES,
	TAG_STATUS,
	TAG_DOUBT,
	TAG_DATA,
	TAG_END,
	TAG_LAST /* and the number of a piece: its bytes and the status */
};

enum step {
	STEP_IDLE,	/* no command */
	STEP_READ,	/* the medium's bytes go to the host */
	STEP_WRITE,	/* the host's bytes go to the medium */
	STEP_VERIFY,	/* the medium is read, and compared if bytes come */
	STEP_ANSWER,	/* a small answer is on its way */
	STEP_PARAMETER, /* a small list comes from the host */
	STEP_SOURCE,	/* the source flushes or trims */
	STEP_DISCARD,	/* the host sends more than the command takes */
	STEP_STATUS,	/* the status is on its way */
};

struct worker {
	struct function function;
	struct drive_shared *shared;
	struct drive_counters *counters; /* for people */
	int keeper;			 /* the socket to it */
	bool may_halt; /* the controller can stall endpoints */
	struct aio aio;
	struct wait wait;
	struct source source;
	struct pieces pieces;
	enum step step;
	bool is_awaited;  /* a transfer for the next command is under way */
	bool is_doubtful; /* has the host got the predecessor's last status? */
	bool has_medium;
	bool is_ejected;  /* its source is to flush, and no command waits */
	bool is_flushing; /* the last request to that source is under way */
	bool goes_on;	  /* the step has more to do, and waits for nothing */
	struct source_request last; /* needs no piece: a host may hold all */
	struct piece *host;	    /* of a VERIFY: the host's bytes */
	unsigned packet;	    /* bytes of a packet of the bus */
	uint32_t number;	    /* of the command; 0 is none's */
	struct scsi_job job;
	struct bot_plan plan;
	uint64_t begun;	  /* bytes for which a transfer was begun */
	uint64_t arrived; /* bytes that have come or gone over the bus */
	uint64_t done;	  /* bytes that the source has taken */
	uint32_t range;	  /* of the job's ranges, the next one */
	int error; /* an errno: the rest of the command is not carried out */
	uint32_t transfer; /* bytes of one on the bus: the kernel copies them */
	uint64_t last_end, ahead; /* of the last read; bytes to read ahead */
	uint8_t next[FUNCTION_PACKET_MAX], parameters[4096];
};

static inline uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
