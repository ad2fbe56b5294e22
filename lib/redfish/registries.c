/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The registries whose messages this service sends: DMTF's, which DMTF
 * publishes, and our own.
 */
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/handlers.h"

#define DMTF "http://redfish.dmtf.org/registries/"

static const struct registry {
	const char *id;	     /* its name and version, as messages have them */
	const char *file;    /* the file that has it */
	const char *publish; /* where DMTF has it; NULL: it is ours */
} registries[] = {
    {"Base.1.22", "Base.1.22.1.json", DMTF "Base.1.22.1.json"},
    {"ResourceEvent.1.4", "ResourceEvent.1.4.1.json",
	DMTF "ResourceEvent.1.4.1.json"},
    {"Vmedia.1.0", "Vmedia.1.0.0.json", NULL},
};

#define REGISTRIES (sizeof(registries) / sizeof(registries[0]))

/* The messages of our own registry, for events. %1 is the slot. */
static const struct {
	const char *name, *severity, *text, *description;
	unsigned args;
} own[] = {
    {"Inserted", "OK", "Slot %1 has the image %2",
	"The host has a drive with the image.", 2},
    {"Ejected", "OK", "Slot %1 is empty.",
	"The image was ejected, and the host's drive is empty.", 1},
    {"HostRead", "OK", "The host reads the image of slot %1.",
	"The host has read the image for the first time.", 1},
    {"Degraded", "Warning", "The server of slot %1's image does not answer.",
	"The host waits until the server answers again.", 1},
    {"Recovered", "OK", "The server of slot %1's image answers again.",
	"The host reads on.", 1},
    {"Failed", "Critical", "Slot %1 has failed: %2",
	"The image is not in the host's drive any more.", 2},
};

void
get_registries(struct redfish *r)
{
	const char *members[REGISTRIES + 1];
	size_t i;

	for (i = 0; i < REGISTRIES; i++)
		members[i] = registries[i].id;
	members[i] = NULL;
	answer_collection(r, "Message Registries", members);
}

static const struct registry *
find(const char *id)
{
	size_t i;

	for (i = 0; i < REGISTRIES; i++)
		if (strcmp(registries[i].id, id) == 0)
			return &registries[i];
	return NULL;
}

void
get_registry(struct redfish *r)
{
	const struct registry *reg = find(r->part[0]);
	struct json_text *t = &r->body;
	char uri[REDFISH_URI_SIZE + 64];

	if (reg == NULL) {
		answer_missing(r);
		return;
	}
	answer_begin(r, reg->id, reg->id);
	json_put_string(t, "Registry", reg->id);
	json_begin_array(t, "Languages");
	json_put_string(t, NULL, "en");
	json_end_array(t);
	json_begin_array(t, "Location");
	json_begin_object(t, NULL);
	json_put_string(t, "Language", "en");
	if (reg->publish != NULL) {
		json_put_string(t, "PublicationUri", reg->publish);
	} else {
		snprintf(uri, sizeof(uri), "%s/%s", r->uri, reg->file);
		json_put_string(t, "Uri", uri);
	}
	json_end_object(t);
	json_end_array(t);
	answer_end(r);
}

static void
put_own_message(struct json_text *t, size_t i)
{
	unsigned k;

	json_begin_object(t, own[i].name);
	json_put_string(t, "Description", own[i].description);
	json_put_string(t, "Message", own[i].text);
	json_put_string(t, "MessageSeverity", own[i].severity);
	json_put_number(t, "NumberOfArgs", own[i].args);
	json_begin_array(t, "ParamTypes");
	for (k = 0; k < own[i].args; k++)
		json_put_string(t, NULL, "string");
	json_end_array(t);
	json_put_string(t, "Resolution", "None.");
	json_end_object(t);
}

void
get_registry_file(struct redfish *r)
{
	const struct registry *reg = find(r->part[0]);
	struct json_text *t = &r->body;
	size_t i;

	if (reg == NULL || reg->publish != NULL ||
	    strcmp(r->part[1], reg->file) != 0) {
		answer_missing(r);
		return;
	}
	r->status = 200;
	json_begin_object(t, NULL);
	json_put_string(
	    t, "@odata.type", "#MessageRegistry.v1_6_3.MessageRegistry");
	json_put_string(t, "Id", "Vmedia.1.0.0");
	json_put_string(t, "Name", "vmedia Message Registry");
	json_put_string(t, "Language", "en");
	json_put_string(
	    t, "Description", "What becomes of a slot of virtual media.");
	json_put_string(t, "RegistryPrefix", "Vmedia");
	json_put_string(t, "RegistryVersion", "1.0.0");
	json_put_string(t, "OwningEntity", "vmedia");
	json_begin_object(t, "Messages");
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		put_own_message(t, i);
	json_end_object(t);
	json_end_object(t);
}
