/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The runs of vmctl that change a slot.
 */
#ifndef VM_DOOR_MEDIA_RUN_H
#define VM_DOOR_MEDIA_RUN_H

#include "door/call.h"

/* How a run ended. */
struct media_end {
	int status;	    /* of vmctl, by sysexits(3) */
	bool changed;	    /* vmctl changed something */
	char cause[32];	    /* one word of vmctl(8)'s list; "": unknown */
	char message[1024]; /* for people */
};

struct media_mount {
	unsigned slot;
	const char *url;
	const char *user, *password; /* NULL: none */
	bool is_writable;
	bool retypes;
};

/* Mount an image with the slot's settings, within this many seconds. */
void media_mount(const struct door_call *c, const struct media_mount *m,
    unsigned seconds, struct media_end *end);

/* Give the image of a slot a new link, and a new login if *m has one. */
void media_renew(const struct media_mount *m, struct media_end *end);

/*
 * Eject. If the host has locked its drive, ask it for 2 s, then eject by force:
 * a Redfish client cannot say -f, and some clients eject while the host runs.
 */
void media_eject(unsigned slot, struct media_end *end);

/* Is the image a CD image that only fits into a disk drive? */
bool media_needs_disk(const struct door_call *c, const struct media_mount *m);

#endif
