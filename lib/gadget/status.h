/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What there is to say of a slot, and its forms.
 */
#ifndef VM_GADGET_STATUS_H
#define VM_GADGET_STATUS_H

#include <stddef.h>

#include "gadget/lun.h"
#include "base/json.h"

enum gadget_field {
	GADGET_TYPE,  /* "cd", "disk" */
	GADGET_FILE,  /* "" if there is no medium */
	GADGET_RO,    /* "0", "1" */
	GADGET_UDC,   /* "" if bound to none */
	GADGET_STATE, /* of the UDC */
	GADGET_FIELDS
};

struct gadget_status {
	struct gadget_medium medium;
	char gadget[16];
	char udc[UDC_NAME_SIZE];
	char state[UDC_STATE_SIZE];
};

/* What suffices for each form: three quoted strings and the words around. */
#define GADGET_STATUS_SIZE JSON_QUOTED_SIZE(PATH_MAX + 512)

/* Ask the kernel. Returns as in gadget.h, but an access that is stuck is no
 * failure as far as something remains to be said. */
int gadget_get_status(
    struct gadget *gadget, unsigned slot, struct gadget_status *status);

/* The field of that name, -1 if there is none. */
int gadget_find_field(const char *name);

/*
 * The fields of a list, their names separated by commas. Returns how many; or
 * -1 where one has no such name, or there are more than GADGET_FIELDS.
 */
int gadget_parse_fields(
    const char *list, enum gadget_field fields[static GADGET_FIELDS]);

/* The value of a field; NULL if it can't be known because a read is stuck. */
const char *gadget_status_value(
    const struct gadget_status *status, enum gadget_field field);

/* A line for people, and an object for programs; both return buf. */
const char *gadget_status_text(
    const struct gadget_status *status, char buf[GADGET_STATUS_SIZE]);
const char *gadget_status_json(
    const struct gadget_status *status, char buf[GADGET_STATUS_SIZE]);

#endif
