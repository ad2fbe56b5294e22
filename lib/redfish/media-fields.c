/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/control.h"
#include "base/url.h"
#include "redfish/answer.h"
#include "redfish/duration.h"
#include "redfish/media-fields.h"
#include "redfish/message.h"

#define CREDENTIAL_MAX 512 /* bytes of a user name or a password, and a NUL */
#define VALUE_SIZE     160 /* bytes of a value in a message */

/* --- messages ---------------------------------------------------------------- */

enum wrong {
	WRONG_TYPE,
	WRONG_FORMAT,
	NOT_IN_LIST,
};

/* Say that the value of a property or parameter is wrong. */
static void
refuse_value(struct judge *j, enum wrong wrong, const char *name,
    const char *value, const char *resolution)
{
	static const enum redfish_message of_action[] = {
	    [WRONG_TYPE] = MSG_ACTION_PARAMETER_VALUE_TYPE,
	    [WRONG_FORMAT] = MSG_ACTION_PARAMETER_VALUE_FORMAT,
	    [NOT_IN_LIST] = MSG_ACTION_PARAMETER_VALUE_NOT_IN_LIST};
	static const enum redfish_message of_patch[] = {
	    [WRONG_TYPE] = MSG_PROPERTY_VALUE_TYPE,
	    [WRONG_FORMAT] = MSG_PROPERTY_VALUE_FORMAT,
	    [NOT_IN_LIST] = MSG_PROPERTY_VALUE_NOT_IN_LIST};
	char property[64];

	j->failed = true;
	snprintf(property, sizeof(property), "/%s", name);
	redfish_say(j->r, 400,
	    j->action != NULL ? of_action[wrong] : of_patch[wrong], property,
	    resolution, value, name, j->action);
}

/* The same for a value of a wrong type; it is not shown if it
 * may be a secret. */
static void
refuse_type(
    struct judge *j, const char *name, const json_t *value, const char *right)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	char cut[VALUE_SIZE];

	snprintf(cut, sizeof(cut), "%s", text != NULL ? text : "");
	if (strcmp(name, "Password") == 0 || json_is_object(value) ||
	    json_is_array(value))
		strcpy(cut, "(not shown)");
	refuse_value(j, WRONG_TYPE, name, cut, right);
	free(text);
}

void
media_refuse_missing(struct judge *j, const char *name, const char *resolution)
{
	j->failed = true;
	if (j->action != NULL)
		redfish_say(j->r, 400, MSG_ACTION_PARAMETER_MISSING, NULL,
		    resolution, j->action, name);
	else
		redfish_say(
		    j->r, 400, MSG_PROPERTY_MISSING, NULL, resolution, name);
}

/* --- the values ---------------------------------------------------------------- */

static void
take_image(struct judge *j, const char *name, const json_t *value)
{
	const char *text = json_string_value(value), *why;
	char *shown;

	j->has_image = true;
	if (json_is_null(value) || (text != NULL && *text == '\0')) {
		j->wants_eject = true;
		return;
	}
	if (text == NULL) {
		refuse_type(j, name, value, "Image is a string.");
		return;
	}
	j->wants_image = true;
	if (strlen(text) != json_string_length(value))
		why = "it has a NUL";
	else
		why = media_image_take(&j->out->image, text);
	if (why == NULL)
		return;
	shown = url_for_show(text);
	refuse_value(j, WRONG_FORMAT, name, shown != NULL ? shown : "", why);
	free(shown);
}

/* Take true or false; null leaves *out as it is. Returns
 * whether *out was set. */
static bool
take_bool(struct judge *j, const char *name, const json_t *value, bool *out)
{
	if (json_is_null(value))
		return false;
	if (!json_is_boolean(value)) {
		refuse_type(j, name, value, "Send true or false.");
		return false;
	}
	*out = json_is_true(value);
	return true;
}

static void
take_inserted(struct judge *j, const char *name, const json_t *value)
{
	j->has_inserted = take_bool(j, name, value, &j->out->is_inserted);
}

static void
take_protected(struct judge *j, const char *name, const json_t *value)
{
	bool is_protected = true;

	j->has_protected = take_bool(j, name, value, &is_protected);
	j->out->is_writable = !is_protected;
}

/* Take a user name or a password; null counts as "", which removes it. */
static const char *
take_credential(struct judge *j, const char *name, const json_t *value)
{
	const char *text = json_is_null(value) ? "" : json_string_value(value);

	if (text == NULL) {
		refuse_type(j, name, value, "Send a string.");
		return NULL;
	}
	if (strlen(text) >= CREDENTIAL_MAX || has_control(text) ||
	    (!json_is_null(value) && strlen(text) != json_string_length(value)))
		refuse_value(j, WRONG_FORMAT, name, "(not shown)",
		    "Send one line of less than 512 bytes, without tabs.");
	return text;
}

static void
take_user(struct judge *j, const char *name, const json_t *value)
{
	j->out->user = take_credential(j, name, value);
}

static void
take_password(struct judge *j, const char *name, const json_t *value)
{
	j->out->password = take_credential(j, name, value);
}

/* Take a word of a list that ends with NULL. Returns NULL if the value is null,
 * or not in the list. */
static const char *
take_word(struct judge *j, const char *name, const json_t *value,
    const char *const words[], const char *resolution)
{
	const char *text = json_string_value(value);
	char cut[VALUE_SIZE];

	if (json_is_null(value))
		return NULL;
	if (text == NULL) {
		refuse_type(j, name, value, resolution);
		return NULL;
	}
	for (; *words != NULL; words++)
		if (strcmp(*words, text) == 0)
			return *words;
	snprintf(cut, sizeof(cut), "%s", text);
	refuse_value(j, NOT_IN_LIST, name, cut, resolution);
	return NULL;
}

static void
take_protocol(struct judge *j, const char *name, const json_t *value)
{
	static const char *const words[] = {
	    "HTTP", "HTTPS", "NFS", "CIFS", "OEM", NULL};

	j->out->protocol = take_word(
	    j, name, value, words, "Use one of HTTP, HTTPS, NFS and CIFS.");
	j->has_protocol = true;
}

static void
take_method(struct judge *j, const char *name, const json_t *value)
{
	static const char *const words[] = {"Stream", NULL};

	take_word(j, name, value, words, "Use Stream, or leave it out.");
}

static void
take_verify(struct judge *j, const char *name, const json_t *value)
{
	bool verify;

	if (take_bool(j, name, value, &verify))
		j->out->verify = verify;
}

static void
take_policy(struct judge *j, const char *name, const json_t *value)
{
	static const char *const words[] = {
	    "Persistent", "OnPowerOff", "Timed", NULL};

	j->out->eject_policy = take_word(j, name, value, words,
	    "Use one of Persistent, OnPowerOff and Timed.");
	if (json_is_null(value))
		j->out->eject_policy = "Persistent";
}

static void
take_timeout(struct judge *j, const char *name, const json_t *value)
{
	const char *text = json_string_value(value);
	char cut[VALUE_SIZE];

	if (json_is_null(value)) {
		j->out->expires = 0;
		return;
	}
	if (text == NULL) {
		refuse_type(j, name, value, "Send a duration: PT1H.");
		return;
	}
	j->out->expires = duration_parse(text);
	if (j->out->expires > 0)
		return;
	snprintf(cut, sizeof(cut), "%s", text);
	refuse_value(j, WRONG_FORMAT, name, cut,
	    "Send a duration of a second to a year: PT1H30M.");
}

/* --- names ---------------------------------------------------------------------- */

static const struct property {
	const char *name;
	void (*take)(struct judge *, const char *, const json_t *);
	bool is_parameter; /* of InsertMedia, too */
} properties[] = {
    {"EjectPolicy", take_policy, false},
    {"EjectTimeout", take_timeout, false},
    {"Image", take_image, true},
    {"Inserted", take_inserted, true},
    {"Password", take_password, true},
    {"TransferMethod", take_method, true},
    {"TransferProtocolType", take_protocol, true},
    {"UserName", take_user, true},
    {"VerifyCertificate", take_verify, false},
    {"WriteProtected", take_protected, true},
};

void
media_put_writable(struct redfish *r)
{
	const char *names[sizeof(properties) / sizeof(*properties) + 1];
	size_t i;

	for (i = 0; i < sizeof(properties) / sizeof(*properties); i++)
		names[i] = properties[i].name;
	names[i] = NULL;
	answer_words(r, "@Redfish.WriteableProperties", names);
}

static const char *const read_only[] = {"Actions", "Certificates",
    "ClientCertificates", "ConnectedVia", "Description", "Id", "ImageName",
    "MediaTypes", "Name", "Oem", "Status"};

static const struct property *
find_property(const char *name, bool is_action)
{
	size_t i;

	for (i = 0; i < sizeof(properties) / sizeof(*properties); i++)
		if (strcmp(properties[i].name, name) == 0 &&
		    (!is_action || properties[i].is_parameter))
			return &properties[i];
	return NULL;
}

static bool
is_read_only(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(read_only) / sizeof(*read_only); i++)
		if (strcmp(read_only[i], name) == 0)
			return true;
	return false;
}

static void
refuse_name(struct judge *j, const char *name)
{
	char property[VALUE_SIZE], cut[VALUE_SIZE];

	j->failed = true;
	snprintf(cut, sizeof(cut), "%.100s", name);
	snprintf(property, sizeof(property), "/%.100s", name);
	if (j->action != NULL)
		redfish_say(j->r, 400, MSG_ACTION_PARAMETER_UNKNOWN, property,
		    NULL, j->action, cut);
	else if (is_read_only(name))
		redfish_say(
		    j->r, 400, MSG_PROPERTY_NOT_WRITABLE, property, NULL, cut);
	else
		redfish_say(
		    j->r, 400, MSG_PROPERTY_UNKNOWN, property, NULL, cut);
}

unsigned
media_take_all(struct judge *j)
{
	const struct property *property;
	const char *name;
	unsigned count = 0;
	json_t *value;

	json_object_foreach(j->r->input, name, value)
	{
		if (strchr(name, '@') != NULL)
			continue;
		count++;
		property = find_property(name, j->action != NULL);
		if (property != NULL)
			property->take(j, name, value);
		else
			refuse_name(j, name);
	}
	return count;
}
