/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The status of a slot, and how it is printed.
 */
#ifndef VM_GADGET_STATUS_H
#define VM_GADGET_STATUS_H

#include <stddef.h>

#include "gadget/lun.h"
#include "base/json.h"

enum gadget_field {
	GADGET_TYPE,   /* "cd", "disk" */
	GADGET_FILE,   /* "" if there is no medium */
	GADGET_RO,     /* "0", "1" */
	GADGET_UDC,    /* "" if bound to none */
	GADGET_STATE,  /* of the UDC */
	GADGET_DRIVES, /* "permanent", "on-demand" */
	GADGET_DRIVER, /* "kernel", "vm-drive" */
	/* What the host has done with a vm-drive; "" with the kernel's. */
	GADGET_READS,
	GADGET_WRITES,
	GADGET_ERRORS,
	GADGET_POSITION, /* of the last read or write: a byte of the medium */
	GADGET_LAST,	 /* the last command, by its name */
	GADGET_FIELDS
};

struct gadget_status {
	struct gadget_medium medium;
	char gadget[16];
	char udc[UDC_NAME_SIZE];
	bool on_demand;	    /* presence.h */
	bool is_own;	    /* a vm-drive is the drive */
	char counts[4][24]; /* its reads, writes, errors, and position */
	char last[32];
	char state[UDC_STATE_SIZE];
};

/* Enough for each form: three quoted strings and the words around them. */
#define GADGET_STATUS_SIZE JSON_QUOTED_SIZE(PATH_MAX + 512)

/* Read the status from the kernel. Returns as in gadget.h. If only a part of it
 * cannot be read because an access is stuck, this is not a failure. */
int gadget_get_status(
    struct gadget *gadget, unsigned slot, struct gadget_status *status);

/* Returns the field with that name, or -1. */
int gadget_find_field(const char *name);

/*
 * Parse a list of field names that are separated by commas. Returns the number
 * of fields, or -1 if a name is unknown or there are more than GADGET_FIELDS.
 */
int gadget_parse_fields(
    const char *list, enum gadget_field fields[static GADGET_FIELDS]);

/* The value of a field; NULL if it is unknown because a read is stuck. */
const char *gadget_status_value(
    const struct gadget_status *status, enum gadget_field field);

/* Write one line for people, or one JSON object, to buf. Both return buf. */
const char *gadget_status_text(
    const struct gadget_status *status, char buf[GADGET_STATUS_SIZE]);
const char *gadget_status_json(
    const struct gadget_status *status, char buf[GADGET_STATUS_SIZE]);

#endif
