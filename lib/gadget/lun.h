/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * One slot's drive and the medium in it. What returns int does so as in
 * gadget.h.
 */
#ifndef VM_GADGET_LUN_H
#define VM_GADGET_LUN_H

#include <limits.h>
#include <stdbool.h>

#include "gadget/gadget.h"
#include "image/probe.h"

/* What is in a slot, by the kernel. */
struct gadget_medium {
	unsigned slot;
	enum image_media type; /* of the drive */
	bool ro;
	bool unknown;	     /* file can't be read: an access is stuck */
	char file[PATH_MAX]; /* absolute, "" if there is no medium */
};

/* How a change of several steps ended. */
enum gadget_result {
	GADGET_DONE,   /* or it was so already */
	GADGET_FAILED, /* errno, and at[] of the gadget */
	GADGET_HELD,   /* a medium that is not to be disturbed is in the way */
	/* And of gadget_insert(): */
	GADGET_NO_FILE,	   /* errno: the file can't be opened */
	GADGET_UNFIT,	   /* it is no medium for such a drive */
	GADGET_ONLY_READS, /* it is to be written to, in a CD drive */
	GADGET_OTHER_TYPE, /* the drive is not of the type asked for */
	GADGET_UNWRITABLE, /* it is to be written to, and can't be */
	GADGET_GONE,	   /* the drive is empty after the insertion */
	GADGET_NO_PORT,	   /* errno: no UDC is free to show the drive */
};

int gadget_get_medium(
    struct gadget *gadget, unsigned slot, struct gadget_medium *medium);

/* Is there one? If that can't be known there is. */
bool gadget_is_held(const struct gadget_medium *medium);

/*
 * GADGET_HELD and the first medium if any slot of the gadget but `except`
 * (GADGET_SLOTS: of all) holds one; GADGET_DONE; or GADGET_FAILED.
 */
enum gadget_result gadget_find_held(
    struct gadget *gadget, unsigned except, struct gadget_medium *medium);

/* The first slot, in any gadget, with a drive of that type; -1 if none is. */
int gadget_find_type(enum image_media type, int ms);

/* Take it out; fine if it is empty. EBUSY if the host has locked the drive. */
int gadget_eject(struct gadget *gadget, unsigned slot);

/* The same, locked or not. */
int gadget_eject_forced(struct gadget *gadget, unsigned slot);

/* Make an empty drive one of another kind: the host sees a new device. */
int gadget_set_type(
    struct gadget *gadget, unsigned slot, enum image_media type);

#endif
