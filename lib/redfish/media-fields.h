/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The values of a request about a slot, each by its own rule.
 */
#ifndef VM_REDFISH_MEDIA_FIELDS_H
#define VM_REDFISH_MEDIA_FIELDS_H

#include "redfish/media-request.h"

/* One request on its way through the rules. */
struct judge {
	struct redfish *r;
	const char *action; /* NULL: a PATCH */
	const struct media_now *now;
	struct media_request *out;
	bool has_image, has_inserted, has_protected, has_protocol;
	bool wants_eject; /* Image null or "", or Inserted false */
	bool wants_image; /* Image has another value */
	bool failed;
};

/* Take all members of the input. Returns their number, without annotations. */
unsigned media_take_all(struct judge *);

/* Say that a value is missing. */
void media_refuse_missing(
    struct judge *, const char *name, const char *resolution);

/* Write the names of the properties that a PATCH can change:
 * @Redfish.WriteableProperties. */
void media_put_writable(struct redfish *);

#endif
