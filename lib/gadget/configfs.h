/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * One of our gadgets as a directory of configfs: paths below it, and reading and
 * writing what they name. Only lib/gadget uses these functions.
 */
#ifndef VM_GADGET_CONFIGFS_H
#define VM_GADGET_CONFIGFS_H

#include <stddef.h>

#define GADGET_SLOTS 8 /* FSG_MAX_LUNS is 16, but UDCs have few endpoints */

/* Gadgets by number: of one slot each, and that of all. */
#define GADGET_ALL GADGET_SLOTS
#define GADGET_MAX (GADGET_SLOTS + 1)

struct gadget {
	int dir;      /* its directory; an O_PATH descriptor */
	int number;   /* a slot's, or GADGET_ALL */
	int ms;	      /* the deadline of each access, in milliseconds */
	char at[320]; /* what was last touched, relative to dir */
};

/* Open the directory of all gadgets, ours and others'. -1 with errno. */
int gadget_base(void);

/* Name a path below the gadget: gadget->at, which it returns. */
const char *gadget_at(struct gadget *gadget, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for an attribute of a slot's LUN. */
const char *gadget_at_lun(
    struct gadget *gadget, unsigned slot, const char *attr);

/* Read and write the attribute at gadget->at. */
int gadget_get(struct gadget *gadget, char *buf, size_t size);
int gadget_set(struct gadget *gadget, const char *value);

/* The same, fine if this kernel has no such attribute. */
int gadget_set_if_any(struct gadget *gadget, const char *value);

#endif
