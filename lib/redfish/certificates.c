/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The certificates that a slot trusts: those of images' servers, or those of
 * the authorities that have signed them.
 */
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/ask.h"
#include "redfish/handlers.h"
#include "redfish/input.h"
#include "redfish/media.h"
#include "redfish/message.h"

/* The certificates of the slot, which the caller frees by json_decref(); NULL
 * if the refusal is in *r. */
static json_t *
read_list(struct redfish *r)
{
	const char *text;
	struct media m;
	json_t *list = NULL;

	if (media_read(r, 0, &m)) {
		text = door_string(&m.kept, "certificates");
		list = json_loads(text != NULL ? text : "[]", 0, NULL);
	}
	media_free(&m);
	return list;
}

void
get_certificates(struct redfish *r)
{
	json_t *list = read_list(r);
	const json_t *one;
	size_t i;

	if (list == NULL)
		return;
	answer_begin_collection(
	    r, "Certificate Collection", (unsigned)json_array_size(list));
	json_array_foreach(list, i, one)
	{
		answer_member(r, input_string(one, "id"));
	}
	answer_end_collection(r);
	json_decref(list);
}

void
get_certificate(struct redfish *r)
{
	json_t *list = read_list(r);
	const json_t *one, *found = NULL;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(input_string(one, "id"), r->part[1]) == 0)
			found = one;
	}
	if (found != NULL) {
		answer_begin(r, r->part[1], "Certificate");
		json_put_string(
		    &r->body, "CertificateString", input_string(found, "pem"));
		json_put_string(&r->body, "CertificateType", "PEM");
		answer_end(r);
	} else if (list != NULL) {
		redfish_say(r, 404, MSG_RESOURCE_NOT_FOUND, NULL, NULL,
		    "Certificate", r->part[1]);
	}
	json_decref(list);
}

static const char *const types[] = {"PEM", NULL};

static const struct input_field new_fields[] = {
    {.name = "CertificateString", .type = INPUT_STRING, .is_required = true},
    {.name = "CertificateType", .type = INPUT_STRING, .values = types},
    {.name = NULL},
};

void
post_certificates(struct redfish *r)
{
	int slot = media_slot_of(r, 0);
	struct door_message request, answer;
	enum ask_result result;
	char text[8];

	if (slot == -1 || !redfish_check_new(r, new_fields))
		return;
	snprintf(text, sizeof(text), "%d", slot);
	ask_begin(r, &request, "certificate-add");
	door_add_string(&request, "slot", text);
	door_add_string(
	    &request, "pem", input_string(r->input, "CertificateString"));
	result = ask_send(r, &request, &answer);
	if (result == ASK_OK) {
		snprintf(r->location, sizeof(r->location), "%.200s/%.16s",
		    r->uri, door_string(&answer, "id"));
		r->status = 201;
	} else if (result == ASK_INVALID) {
		redfish_say(r, 400, MSG_PROPERTY_VALUE_ERROR,
		    "/CertificateString", "Send a certificate in PEM.",
		    "CertificateString");
	} else if (result == ASK_LIMIT) {
		redfish_say(r, 400, MSG_CREATE_LIMIT_REACHED, NULL,
		    "Remove a certificate of the slot first.");
	} else {
		ask_refuse(r, result, &answer);
	}
	door_message_free(&answer);
}

void
delete_certificate(struct redfish *r)
{
	int slot = media_slot_of(r, 0);
	struct door_message request, answer;
	char text[8];

	if (slot == -1)
		return;
	snprintf(text, sizeof(text), "%d", slot);
	ask_begin(r, &request, "certificate-remove");
	door_add_string(&request, "slot", text);
	door_add_string(&request, "id", r->part[1]);
	if (ask_do(r, &request, &answer))
		r->status = 204;
	door_message_free(&answer);
}
