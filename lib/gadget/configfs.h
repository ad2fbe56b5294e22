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

/* The numbers of gadgets: a gadget with one slot has the number of the slot. */
#define GADGET_ALL GADGET_SLOTS
#define GADGET_MAX (GADGET_SLOTS + 1)

/* The function of a slot whose drive is a program (own.h), and its instance, by which
 * its FunctionFS is mounted; with the number of the slot. */
#define OWN_INSTANCE "vmedia%u"
#define OWN_FUNCTION "ffs." OWN_INSTANCE

struct gadget {
	int dir;      /* its directory; an O_PATH descriptor */
	int number;   /* of its slot, or GADGET_ALL */
	int ms;	      /* the deadline of each access, in milliseconds */
	char at[320]; /* the last file that was used, relative to dir */
};

/* Open the directory of all gadgets, also those of other programs. Returns a
 * descriptor, or -1 with errno. */
int gadget_base(void);

/* Set gadget->at to a path below the gadget, and return it. */
const char *gadget_at(struct gadget *gadget, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Set gadget->at to an attribute of a slot's LUN, and return it. */
const char *gadget_at_lun(
    struct gadget *gadget, unsigned slot, const char *attr);

/* Read and write the attribute at gadget->at. */
int gadget_get(struct gadget *gadget, char *buf, size_t size);
int gadget_set(struct gadget *gadget, const char *value);

/* As gadget_set(), but succeed if this kernel has no such attribute. */
int gadget_set_if_any(struct gadget *gadget, const char *value);

#endif
