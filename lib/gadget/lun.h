/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * One slot's drive and the medium in it. The functions that return int return as
 * in gadget.h.
 */
#ifndef VM_GADGET_LUN_H
#define VM_GADGET_LUN_H

#include <limits.h>
#include <stdbool.h>

#include "gadget/gadget.h"
#include "image/probe.h"

/* What the kernel has in a slot. */
struct gadget_medium {
	unsigned slot;
	enum image_media type; /* of the drive */
	bool ro;
	bool unknown;	     /* the file could not be read in time */
	char file[PATH_MAX]; /* absolute, "" if there is no medium */
};

/* How a change of several steps ended. */
enum gadget_result {
	GADGET_DONE,   /* also if nothing had to be done */
	GADGET_FAILED, /* errno, and at[] of the gadget */
	GADGET_HELD,   /* it would disturb a medium */
	/* Only gadget_insert() returns these: */
	GADGET_NO_FILE,	   /* errno: the file can't be opened */
	GADGET_UNFIT,	   /* such a drive cannot show the file */
	GADGET_ONLY_READS, /* a CD drive cannot write */
	GADGET_OTHER_TYPE, /* the drive has another type */
	GADGET_UNWRITABLE, /* the file cannot be written to */
	GADGET_GONE,	   /* the drive is empty after the insertion */
	GADGET_NO_PORT,	   /* errno: no UDC is free to show the drive */
	GADGET_TOLD,	   /* the slot's vm-drive has told why */
};

int gadget_get_medium(
    struct gadget *gadget, unsigned slot, struct gadget_medium *medium);

/* The same without the file: the kernel never waits here. */
int gadget_get_drive(
    struct gadget *gadget, unsigned slot, struct gadget_medium *medium);

/* Is there a medium? Yes also if that is unknown: only a medium blocks the read. */
bool gadget_is_held(const struct gadget_medium *medium);

/*
 * Look for a medium in all slots of the gadget except one (GADGET_SLOTS: in all
 * slots). Returns GADGET_HELD with the first medium, GADGET_DONE if there is none,
 * or GADGET_FAILED.
 */
enum gadget_result gadget_find_held(
    struct gadget *gadget, unsigned except, struct gadget_medium *medium);

/* Is there a medium in any slot of the gadget? Returns 1, 0, or -1 with errno. */
int gadget_is_used(struct gadget *gadget);

/* Returns the first slot, in any gadget, with a drive of that type, or -1. */
int gadget_find_type(enum image_media type, int ms);

/* Eject the medium, if there is one. EBUSY: the host has locked the drive. */
int gadget_eject(struct gadget *gadget, unsigned slot);

/* Eject the medium also if the host has locked the drive. */
int gadget_eject_forced(struct gadget *gadget, unsigned slot);

/* Change the type of an empty drive. The host finds all drives of the gadget as
 * new. */
int gadget_set_type(
    struct gadget *gadget, unsigned slot, enum image_media type);

/* The same without a word to a host or a vm-drive: the gadget is not bound. */
int gadget_write_type(
    struct gadget *gadget, unsigned slot, enum image_media type);

#endif
