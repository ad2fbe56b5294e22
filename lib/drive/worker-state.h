/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The worker's own: one command at a time goes through these steps. bus.c speaks
 * with the host, command.c goes through the steps of a command, read.c and write.c move
 * the medium's bytes, worker.c is the loop and hears the keeper.
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

/* Bytes of a transfer: f_fs.c copies them to memory without holes, of which a machine
 * may have little. */
#define TRANSFER_MOST (64u << 10)

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

/* --- bus.c --- */

/* Make a transfer for the next command, if there is none. */
void bus_await(struct worker *);

/* The host's bytes of a command wrapper have come. */
void bus_take(struct worker *, size_t size);

/* The data of a command were moved: go on to the status. */
void bus_end_command(struct worker *);

/* Send the last bytes of a command that passes, whole packets of which the host waits
 * for no more, and the status. Returns 0; or -1 where too many transfers are under way. */
int bus_end_with(struct worker *, const void *bytes, size_t len, unsigned tag);

/* Halt both endpoints until the host resets us. */
void bus_halt(struct worker *);

/* Events of ep0. */
void bus_hear(struct worker *);

/* Go on where a predecessor has stopped. */
void bus_inherit(struct worker *);

/* Forget the command, and what is under way on the bus. */
void bus_abandon(struct worker *);

/* --- command.c --- */

/* Begin what the job says. */
void move_begin(struct worker *);

/* Do what can be done now. */
void move_on(struct worker *);

/* The medium has gone: what moves its bytes fails as soon as the bus allows it. */
void move_medium_gone(struct worker *);

/* The source is away for too long: what waits for it fails. */
void move_give_up(struct worker *);

/* A transfer of the command's data has ended. */
void move_ended(struct worker *, const struct aio_end *);

/* Requests of the source that have ended. */
void move_collect(struct worker *);

/* The medium was ejected by our side: flush its source, and drop it. */
void move_eject(struct worker *);

/* The first error counts; nothing of the command is under way on the bus. */
void move_fail(struct worker *);

/* --- read.c --- */

/* A host that reads on is served ahead. */
void move_guess(struct worker *);

void move_read(struct worker *);
void move_verify(struct worker *);

/* --- write.c --- */

void move_write(struct worker *);

/* Receive the next of the host's bytes into a piece. */
void move_receive(struct worker *, struct piece *);

/* The bytes that have come in a piece go to the source. */
void move_write_piece(struct worker *, struct piece *);

/* The source flushes or trims. */
void move_source(struct worker *);

/* Begin a request of the command, without bytes; false where it must wait for a
 * piece. */
bool move_ask_source(
    struct worker *, enum source_op, uint64_t offset, uint64_t bytes);

/* --- worker.c --- */

/* Close the medium's source, and tell the keeper, also of the error of its flush if
 * that is not 0. */
void worker_drop(struct worker *, int error);

#endif
