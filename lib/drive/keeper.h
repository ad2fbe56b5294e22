/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The keeper holds the drive: the descriptors of its USB function, without which it
 * would leave the bus, and what the host knows of it. It parses nothing of the host.
 * It makes the connection to the source, and starts the worker again whenever that
 * ends.
 */
#ifndef VM_DRIVE_KEEPER_H
#define VM_DRIVE_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "scsi/scsi.h"

struct keeper_setup {
	const char *dir;    /* where FunctionFS is mounted */
	const char *source; /* the Unix socket of an NBD server, or a file */
	struct scsi_setup drive;
	unsigned block_size; /* bytes: 2048; of a disk 512 or 4096 */
	bool writable;
	bool may_halt;	 /* the controller can stall endpoints */
	unsigned outage; /* seconds without a source, until reads fail */
	int stop;	 /* ends when this descriptor can be read */
	/* Show the drive to the host: it can answer now. Returns 0, or -1 with the
	 * failure described. */
	int (*show)(struct failure *);
	void (*on_ready)(void); /* the medium is in */
	void (*say)(const char *line);
};

/*
 * Answer the host until the medium is ejected: by the host, or because stop can be
 * read; what the host wrote is then safe. Returns 0; or -1 with the failure
 * described, with EX_IOERR where something that the host wrote is lost.
 */
int keeper_run(const struct keeper_setup *, struct failure *);

#endif
