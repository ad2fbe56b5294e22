/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "redfish/input.h"
#include "redfish/message.h"
#include "redfish/resource.h"

#define POINTER_SIZE 128 /* bytes of a JSON pointer */
#define SHOWN_MAX    128 /* bytes of a value in a message */

/* Where a fault is. */
struct place {
	char pointer[POINTER_SIZE];
	const char *name;
	const char *action; /* NULL: it is a property */
};

const char *
input_string(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool
has_type(const json_t *value, const struct input_field *f)
{
	if (json_is_null(value))
		return f->is_nullable;
	switch (f->type) {
	case INPUT_STRING:
		return json_is_string(value);
	case INPUT_BOOL:
		return json_is_boolean(value);
	case INPUT_NUMBER:
		return json_is_integer(value);
	case INPUT_OBJECT:
		return json_is_object(value);
	case INPUT_ARRAY:
		return json_is_array(value);
	}
	return false;
}

static bool
is_allowed(const json_t *value, const struct input_field *f)
{
	const char *text = json_string_value(value);
	const char *const *v;

	if (f->values == NULL || text == NULL)
		return true;
	for (v = f->values; *v != NULL; v++)
		if (strcmp(*v, text) == 0)
			return true;
	return false;
}

/* Write a value as a message shows it. */
static void
show(const json_t *value, const struct input_field *f, char out[SHOWN_MAX])
{
	size_t len;

	if (f->is_secret) {
		snprintf(out, SHOWN_MAX, "***");
	} else if (json_is_string(value)) {
		snprintf(out, SHOWN_MAX, "%s", json_string_value(value));
	} else {
		len = json_dumpb(
		    value, out, SHOWN_MAX - 1, JSON_COMPACT | JSON_ENCODE_ANY);
		out[len < SHOWN_MAX ? len : SHOWN_MAX - 1] = '\0';
	}
}

void
redfish_refuse_property(
    struct redfish *r, const char *pointer, const char *name)
{
	bool is_top = strchr(pointer + 1, '/') == NULL;

	/* Do not look up properties for which the answer has no room. */
	if (r->message_count == REDFISH_MESSAGES)
		return;
	redfish_say(r, 400,
	    is_top && redfish_has_property(r, name) ? MSG_PROPERTY_NOT_WRITABLE
						    : MSG_PROPERTY_UNKNOWN,
	    pointer, NULL, name);
}

static void
say_unknown(struct redfish *r, const struct place *p)
{
	if (p->action != NULL)
		redfish_say(r, 400, MSG_ACTION_PARAMETER_UNKNOWN, p->pointer,
		    NULL, p->action, p->name);
	else
		redfish_refuse_property(r, p->pointer, p->name);
}

static void
say_missing(struct redfish *r, const struct place *p)
{
	if (p->action != NULL)
		redfish_say(r, 400, MSG_ACTION_PARAMETER_MISSING, p->pointer,
		    NULL, p->action, p->name);
	else
		redfish_say(
		    r, 400, MSG_PROPERTY_MISSING, p->pointer, NULL, p->name);
}

/* Say that a value has a wrong type (is_type), or is not one of the
 * allowed values. */
static void
say_value(
    struct redfish *r, const struct place *p, const char *value, bool is_type)
{
	if (p->action != NULL)
		redfish_say(r, 400,
		    is_type ? MSG_ACTION_PARAMETER_VALUE_TYPE
			    : MSG_ACTION_PARAMETER_VALUE_NOT_IN_LIST,
		    p->pointer, NULL, value, p->name, p->action);
	else
		redfish_say(r, 400,
		    is_type ? MSG_PROPERTY_VALUE_TYPE
			    : MSG_PROPERTY_VALUE_NOT_IN_LIST,
		    p->pointer, NULL, value, p->name);
}

static void
check_value(struct redfish *r, const json_t *value, const struct input_field *f,
    const struct place *p)
{
	char shown[SHOWN_MAX];

	show(value, f, shown);
	if (!has_type(value, f))
		say_value(r, p, shown, true);
	else if (!is_allowed(value, f))
		say_value(r, p, shown, false);
}

bool
redfish_check_input(struct redfish *r, const json_t *object,
    const char *pointer, const struct input_field *fields, const char *action)
{
	const struct input_field *f;
	struct place p = {.action = action};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		if (strchr(name, '@') != NULL)
			continue;
		p.name = name;
		snprintf(p.pointer, sizeof(p.pointer), "%s/%s", pointer, name);
		for (f = fields; f->name != NULL; f++)
			if (strcmp(f->name, name) == 0)
				break;
		if (f->name == NULL)
			say_unknown(r, &p);
		else
			check_value(r, value, f, &p);
	}
	for (f = fields; f->name != NULL; f++) {
		if (!f->is_required || json_object_get(object, f->name) != NULL)
			continue;
		p.name = f->name;
		snprintf(
		    p.pointer, sizeof(p.pointer), "%s/%s", pointer, f->name);
		say_missing(r, &p);
	}
	return r->status == 0;
}

bool
redfish_check_patch(struct redfish *r, const struct input_field *fields)
{
	const char *name;
	json_t *value;
	bool has_any = false;

	if (r->input == NULL) {
		redfish_say(r, 400, MSG_MALFORMED_JSON, NULL,
		    "Send a JSON object with the properties to change.");
		return false;
	}
	json_object_foreach(r->input, name, value) has_any =
	    has_any || strchr(name, '@') == NULL;
	if (!has_any) {
		redfish_say(r, 400, MSG_NO_OPERATION, NULL,
		    "Send at least one property to change.");
		return false;
	}
	return redfish_check_input(r, r->input, "", fields, NULL);
}

bool
redfish_check_new(struct redfish *r, const struct input_field *fields)
{
	if (r->input == NULL) {
		redfish_say(r, 400, MSG_MALFORMED_JSON, NULL,
		    "Send a JSON object with the new resource.");
		return false;
	}
	return redfish_check_input(r, r->input, "", fields, NULL);
}
