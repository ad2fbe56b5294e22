/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The keeper's own. keeper.c is its loop, and carries out requests (control.h);
 * keeper-medium.c has the medium and its source; keeper-worker.c the worker's
 * process. Each calls only those after it.
 */
#ifndef VM_DRIVE_KEEPER_INTERNAL_H
#define VM_DRIVE_KEEPER_INTERNAL_H

#include <sys/types.h>

#include "drive/control.h"
#include "drive/dial.h"
#include "drive/function.h"
#include "drive/keeper.h"
#include "drive/shared.h"

#define EJECT_MS 20000 /* for the source to keep what was written */

/* The medium, and its source. */
struct kept_medium {
	struct drive_medium wish; /* its path is "" if there is none */
	int file; /* of a file, as long as it is in; -1: it is a socket */
	struct dial dial;
	bool is_given;	/* the worker was told of it */
	bool is_in;	/* the host has it, as far as we know */
	bool is_wanted; /* the worker has no source for it */
	int64_t lost;	/* clock_ms() since when it has none; -1: it has one */
	int64_t end;	/* clock_ms() until which an eject may last; or 0 */
	uint64_t size;	/* bytes */
	/* The source of this or the last one could not keep what was written; and
	 * that was given up. */
	bool is_unsaved, is_discarded;
	bool is_failed; /* the last one: something went wrong */
};

struct keeper {
	const struct keeper_setup *setup;
	struct failure *why;
	struct scsi_setup drive; /* what it says of itself */
	struct function function;
	struct drive_shared *shared; /* this and the next are of the store */
	struct store_image *image;
	struct drive_counters *counters;
	struct drive_control control;
	struct kept_medium medium;
	int children; /* a signalfd(2) of SIGCHLD */
	pid_t worker;
	int link;      /* the socket to the worker */
	bool is_ready; /* the worker */
	bool is_shown; /* the drive */
	bool is_leaving, is_broken;
	enum keeper_end end; /* if it is leaving */
	uint64_t commands;   /* when the worker was started */
	unsigned traps;	     /* workers that have answered none */
};

static inline bool
has_medium(const struct keeper *k)
{
	return *k->medium.wish.path != '\0';
}

/* --- keeper-medium.c: each returns 0, or -1 with the failure in k->why --- */

/* Begin to insert a medium; medium_inserted() is its end, or medium_gone(). -1: it
 * can't be opened, and there is none. */
int medium_insert(struct keeper *, const struct drive_medium *);

/* The same with the medium that the host has from a keeper before us. */
int medium_resume(struct keeper *, const struct drive_medium *);

/* Begin to eject it, if there is one. What the host wrote is kept, unless it is
 * discarded. medium_gone() is the end. */
void medium_eject(struct keeper *, bool discard);

/* What the worker has told. The failure is NULL where nobody is to blame. */
void medium_inserted(struct keeper *);
void medium_gone(struct keeper *, const struct failure *);
/* The worker can't show it: say why. */
void medium_unfit(struct keeper *);

/* The worker needs a source, or a new one. */
void medium_want(struct keeper *);

/* Look for the source, give up, or go on, by what the time is. */
void medium_go_on(struct keeper *);

/* Milliseconds after which medium_go_on() has to be called, or -1. */
int medium_wait_ms(const struct keeper *);

/* --- keeper-worker.c --- */

/* Start the first worker. Returns as above. */
int worker_start(struct keeper *);

/* It has ended with that status: another one goes on, unless it would end the same
 * way. Returns as above. */
int worker_replace(struct keeper *, int status);

/* It ends, and forgets all that the host knows of the drive; the next one begins
 * with what the drive says of itself now. */
int worker_renew(struct keeper *);

/* Kill it, if there is one; worker_replace() follows. */
void worker_kill(struct keeper *);

void worker_end(struct keeper *);

/* Send an order, with a descriptor or -1. */
void worker_order(struct keeper *, enum drive_order, int fd);

#endif
