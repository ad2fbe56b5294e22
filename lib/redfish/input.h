/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Checks the body of a request before anything is done with it: names, types
 * and values of its members (DSP0266 section 7.8).
 */
#ifndef VM_REDFISH_INPUT_H
#define VM_REDFISH_INPUT_H

#include "redfish/redfish.h"

enum input_type {
	INPUT_STRING,
	INPUT_BOOL,
	INPUT_NUMBER, /* an integer */
	INPUT_OBJECT,
	INPUT_ARRAY,
};

/* A member that a body may have; a NULL for the name ends a list of them. */
struct input_field {
	const char *name;
	enum input_type type;
	bool is_nullable;
	bool is_required;
	bool is_secret;		   /* a message must not show its value */
	const char *const *values; /* that a string may have; NULL: any */
};

/*
 * Check an object. `pointer` is its place in the body ("/Boot"; "" for the body
 * itself). `action` is the name of the action whose parameters these are, or
 * NULL for properties. Annotations (with an `@` in the name) are not checked.
 * Returns whether the object is valid; if not, *r has a message for each fault,
 * and the status 400.
 */
bool redfish_check_input(struct redfish *r, const json_t *object,
    const char *pointer, const struct input_field *fields, const char *action);

/* The same for the whole body of a POST that makes a resource. */
bool redfish_check_new(struct redfish *r, const struct input_field *fields);

/* The same for the whole body of a PATCH, which must change something. */
bool redfish_check_patch(struct redfish *r, const struct input_field *fields);

/* Refuse a property: it cannot be written if the resource has it; otherwise it
 * is unknown. `pointer` is its place in the body. */
void redfish_refuse_property(
    struct redfish *r, const char *pointer, const char *name);

/* A member that is a string; NULL if it is missing or null. */
const char *input_string(const json_t *object, const char *name);

#endif
