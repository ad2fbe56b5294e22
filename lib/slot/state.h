/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A slot's directory, /run/vmedia/N: each file has one value, as one line. The
 * directory is the slot's memory: a vm-slot that takes over a medium knows
 * nothing else. VM_RUN_DIR in the environment replaces /run/vmedia.
 *
 *   lock       flock(2)ed by the vmctl that operates on the slot
 *   pid        flock(2)ed by the vm-slot that holds the slot, and its pid
 *   state      empty activating active degraded deactivating failed
 *   ...        url device size media label error status reason once expires
 *              idle (moments: seconds of CLOCK_BOOTTIME) step note client who
 *   ending     how the medium ends, for clients that have this file open: lines
 *              with a status of sysexits(3) and a reason; the last line counts
 *   request/   the request, with its secrets; only root can read it
 *   work/      sockets, FIFOs and pids; only root can read it
 */
#ifndef VM_SLOT_STATE_H
#define VM_SLOT_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_VALUE_MAX 2048 /* bytes of a value, its NUL included */

struct state {
	char run[PATH_MAX - 64]; /* the directory of all slots */
	char dir[PATH_MAX - 48]; /* the directory of this slot */
};

/* Name the directories of a slot. They need not exist. */
void state_init(struct state *, unsigned slot);

/* Write a path below the slot's directory to buf of PATH_MAX bytes. Returns
 * buf. */
char *state_path(const struct state *, const char *name, char *buf);

/* Does that file or directory exist? */
bool state_has(const struct state *, const char *name);

/*
 * Read the value of that name. Returns whether it exists and is not empty; else
 * *value is "". A value that does not fit is cut.
 */
bool state_get(
    const struct state *, const char *name, char value[static STATE_VALUE_MAX]);

/* The same for a number; -1 if there is none. */
int64_t state_get_number(const struct state *, const char *name);

/*
 * Write a value in one step, readable by all and without its control
 * characters. Returns 0, or -1 with errno (ENOSPC if /run is full): then the
 * old value stays.
 */
int state_put(const struct state *, const char *name, const char *value);
int state_put_number(const struct state *, const char *name, int64_t value);

/* Remove the files of these names, which end with a NULL. They need not
 * exist. */
void state_remove(const struct state *, const char *const names[]);

/* Remove a directory of the slot with all that is in it. */
void state_remove_dir(const struct state *, const char *name);

/* Seconds, by the clock of expires, idle and tickets. */
int64_t state_now(void);

#endif
