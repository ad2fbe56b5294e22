/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The directory of a slot's own drive, /run/vmedia/drive.N (VM_RUN_DIR in the
 * environment takes the place of /run/vmedia). vm-drive flock(2)s it as long as it
 * runs.
 *
 *   usb       where FunctionFS is mounted; only root can read it
 *   control   the socket for requests; only root can connect (control.h)
 *   medium    of the medium that is in, one line: "ro|rw BLOCK OUTAGE PATH"
 *   udc       the UDC of the gadget when vm-drive began
 *   error     why it could not begin or go on: a status of sysexits(3), and text
 *   log       what it has said in the background
 *   counters  what the host has done (struct drive_counters), for all to read
 */
#ifndef VM_DRIVE_PLACE_H
#define VM_DRIVE_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* What the host has done since vm-drive runs. The worker writes it, whom a host may
 * have taken over: numbers for people, and no more. */
struct drive_counters {
	uint64_t reads, writes; /* commands that read or write the medium */
	uint64_t errors;	/* commands that failed, but those for want of a
				 * medium */
	uint64_t position;	/* of the last read or write: its first byte */
	char last[32];		/* the name of the last command */
};

/* A medium as somebody wants it to be shown. */
struct drive_medium {
	bool writable;
	unsigned block_size; /* bytes: 2048; of a disk 512 or 4096 */
	unsigned outage;     /* seconds without a source, until reads fail */
	char path
	    [PATH_MAX]; /* the socket of an NBD server, or a file; absolute */
};

/* A path in the directory, into buf of PATH_MAX bytes; "" is the directory itself.
 * Returns buf. */
char *drive_path(unsigned slot, const char *name, char *buf);

/* Read the first line of a file there into buf, without its newline. Returns whether
 * there is one that is not empty; else *buf is "". */
bool drive_read_line(unsigned slot, const char *name, char *buf, size_t size);

/* The line of a medium, into buf of DRIVE_LINE_MAX bytes, and back: 0, or -1 if it is
 * no such line. */
#define DRIVE_LINE_MAX (PATH_MAX + 64)
const char *drive_medium_line(const struct drive_medium *, char *buf);
int drive_medium_parse(const char *line, struct drive_medium *);

/* Read the medium of the slot's drive. Returns whether there is one. */
bool drive_get_medium(unsigned slot, struct drive_medium *);

/* Read the counters; `last` is a string of printable characters. Returns 0; or -1 with
 * errno if the slot has no drive of its own. */
int drive_get_counters(unsigned slot, struct drive_counters *);

/* Does a vm-drive run for the slot? For all to ask. */
bool drive_is_alive(unsigned slot);

#endif
