/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the keeper knows. keeper.c is its loop, and carries out requests (control.h);
 * keeper-medium.c has the medium and its source; keeper-worker.c the worker's
 * process. Each calls only those after it.
 */
#ifndef VM_DRIVE_KEEPER_STATE_H
#define VM_DRIVE_KEEPER_STATE_H

#include <sys/types.h>

#include "drive/control.h"
#include "drive/dial.h"
#include "drive/function.h"
#include "drive/keeper-setup.h"
#include "drive/shared.h"

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

#endif
