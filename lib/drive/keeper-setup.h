/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the keeper is to do, and how it has ended: for vm-drive, and for the keeper's
 * own files.
 */
#ifndef VM_DRIVE_KEEPER_SETUP_H
#define VM_DRIVE_KEEPER_SETUP_H

#include <stdbool.h>

#include "base/failure.h"
#include "drive/place.h"
#include "drive/store.h"
#include "scsi/scsi.h"

struct keeper_setup {
	unsigned slot;
	bool may_halt;		   /* the controller can stall endpoints */
	int stop;		   /* ends when this descriptor can be read */
	struct drive_store *store; /* open */
	/* The first medium; NULL: none. With only_medium the drive ends when that is
	 * ejected, and if it can't be inserted. */
	const struct drive_medium *first;
	bool only_medium;
	/* What the drive says of itself. Returns 0, or -1 with the failure. */
	int (*describe)(struct scsi_setup *, struct failure *);
	/* Show the drive to the host: it can answer now. Returns as describe(). */
	int (*show)(struct failure *);
	void (*on_inserted)(void); /* the first medium is in */
	void (*say)(const char *line);
	void (*forget)(void); /* in a child: close what only the caller uses */
};

enum keeper_end {
	KEEPER_GIVE_BACK, /* the slot becomes the kernel's drive again */
	KEEPER_REMOVED	  /* whoever asked for it goes on with the function */
};

#endif
