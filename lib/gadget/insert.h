/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Putting a medium into a drive: what is asked first, and in which order.
 */
#ifndef VM_GADGET_INSERT_H
#define VM_GADGET_INSERT_H

#include <stdbool.h>
#include <stdint.h>

#include "gadget/lun.h"

/* What is to be in the drive. */
struct gadget_insertion {
	unsigned slot;
	const char *file; /* or block device */
	int type;	  /* enum image_media, or -1: what the drive is */
	bool write;	  /* may the host? */
	bool retype;	  /* make the drive one of that type if it is not */
	uint64_t cd_max;  /* IMAGE_CD_MAX, or IMAGE_DVD_MAX */
};

/* Why it is not. Nothing has changed then, but maybe the drive's type. */
struct gadget_refusal {
	struct gadget_medium medium; /* GADGET_HELD: that in the way */
	const char *reason;	     /* GADGET_UNFIT: static text that follows
				      * "unable to use FILE: " */
};

/*
 * Put it in, and show a drive that exists on demand to the host; or find out why
 * not. After GADGET_FAILED with ETIMEDOUT it may
 * still go in, later.
 */
enum gadget_result gadget_insert(struct gadget *gadget,
    const struct gadget_insertion *insertion, struct gadget_refusal *refusal);

#endif
