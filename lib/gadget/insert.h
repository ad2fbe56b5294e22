/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Inserting a medium: the checks, and the steps in their order.
 */
#ifndef VM_GADGET_INSERT_H
#define VM_GADGET_INSERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "gadget/lun.h"

/* The medium to insert. */
struct gadget_insertion {
	unsigned slot;
	const char
	    *file;	 /* or block device; of a vm-drive also an NBD socket */
	int type;	 /* enum image_media, or -1: the type of the drive */
	bool write;	 /* the host may write */
	bool retype;	 /* change the type of the drive if needed */
	uint64_t cd_max; /* IMAGE_CD_MAX, or IMAGE_DVD_MAX */
	/* A vm-drive only: bytes of a block of a disk (512 or 4096), and the seconds
	 * without a source until reads fail. */
	unsigned block_size, outage;
};

/* Why the medium was not inserted. Only the type of the drive may have changed. */
struct gadget_refusal {
	struct gadget_medium medium; /* GADGET_HELD: eject this one first */
	const char *reason;	     /* GADGET_UNFIT: static text that follows
				      * "unable to use FILE: " */
	bool too_large;		     /* GADGET_UNFIT: is that the reason? */
	struct failure why;	     /* GADGET_TOLD */
};

/*
 * Insert the medium, and show the drive to the host if it exists on demand. If
 * this fails, tell why in refusal. After GADGET_FAILED with ETIMEDOUT the kernel
 * may still insert the medium later.
 */
enum gadget_result gadget_insert(struct gadget *gadget,
    const struct gadget_insertion *insertion, struct gadget_refusal *refusal);

#endif
