/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What everybody may see of a slot, from its files in /run/vmedia/N
 * (vm-slot(8)) and from configfs. Reading it needs no privileges, no process
 * and no shell, and never waits for a medium: a value that could make the
 * reader wait is left out.
 */
#ifndef VM_REDFISH_SLOT_STATE_H
#define VM_REDFISH_SLOT_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "gadget/udc.h"
#include "image/media.h"
#include "slot/state.h"

#define SLOT_MAP_CELLS 64

/* A text is "" if there is none; a time or size is -1. */
struct slot_state {
	unsigned number;
	/* empty activating active degraded deactivating failed; or other:
	 * another program than vmedia has inserted a medium. */
	char state[16];
	bool is_set_up; /* there is a drive; else the next three mean nothing */
	enum image_media drive; /* CD or disk */
	bool writable;
	char file[PATH_MAX];	   /* the inserted file, if it can be read */
	char host[UDC_STATE_SIZE]; /* of the USB port: "configured" */
	char url[STATE_VALUE_MAX]; /* without secrets */
	char label[128], boot[256], client[128];
	char step[256], note[512];
	char reason[512]; /* why it is degraded, or was ejected */
	char error[512];  /* why the last mount or medium failed */
	char drift[128];  /* what another program has changed in the kernel */
	bool is_once;	  /* until the host has booted from it */
	int64_t size;	  /* bytes */
	int64_t inserted; /* when: seconds since 1970 */
	int64_t expires;  /* seconds from now */
	/* The statistics of the source; only if has_source. */
	bool has_source;
	int64_t read, fetched, written; /* bytes */
	int64_t rate;			/* bytes fetched in a second */
	char map[SLOT_MAP_CELLS +
		 1]; /* of each part, how much was fetched: 0..f */
};

/*
 * Read the state of a slot. Returns 0; or -1 with errno (EACCES) if the state
 * cannot be told: it is never guessed.
 */
int slot_state_read(struct slot_state *, unsigned slot);

/* Is a medium in the drive? */
bool slot_state_is_in(const struct slot_state *);

/* Is a medium on its way in or out? */
bool slot_state_is_changing(const struct slot_state *);

/* Parse what vm-fetchd says of its source (its file `stats`) into the state. */
void slot_state_parse_source(struct slot_state *, const char *stats);

#endif
