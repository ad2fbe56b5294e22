/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What changes a slot: InsertMedia, EjectMedia and PATCH. media-judge.c decides
 * what a client wants, vm-door does it, and media-failure.c tells why it
 * failed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"
#include "redfish/ask.h"
#include "redfish/handlers.h"
#include "redfish/media-failure.h"
#include "redfish/media-judge.h"
#include "redfish/media.h"
#include "redfish/message.h"

/* Begin a request about a slot. */
static void
begin(struct redfish *r, struct door_message *request, const char *verb,
    unsigned slot)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", slot);
	ask_begin(r, request, verb);
	door_add_string(request, "slot", text);
}

/* Ask vm-door for a change of the slot's medium. `image` is NULL for an
 * eject. */
static bool
change(struct redfish *r, struct door_message *request, unsigned slot,
    const char *image, const char *action)
{
	struct door_message answer;
	enum ask_result result = ask_send(r, request, &answer);
	char *shown = image != NULL ? url_for_show(image) : NULL;
	struct media_failure why = {.cause = door_string(&answer, "cause"),
	    .message = door_string(&answer, "message"),
	    .uri = shown != NULL ? shown : "",
	    .action = action,
	    .other_slot = media_other_slot(r, slot)};

	if (result == ASK_FAILED)
		media_failure_say(r, &why);
	else if (result == ASK_TIMEOUT || result == ASK_BUSY)
		media_failure_retry(
		    r, ask_number(&answer, "retry", 0), why.message);
	else if (result != ASK_OK)
		ask_refuse(r, result, &answer);
	free(shown);
	door_message_free(&answer);
	return result == ASK_OK;
}

/* Add the settings in the request; vm-door removes a setting whose
 * value is empty. */
static void
add_settings(struct door_message *request, const struct media_request *wanted)
{
	char text[24];

	door_add_string(request, "user-name", wanted->user);
	door_add_string(request, "image-password", wanted->password);
	door_add_string(request, "transfer-protocol",
	    wanted->protocol != NULL ? wanted->protocol
				     : wanted->image.protocol);
	door_add_string(request, "policy", wanted->eject_policy);
	if (wanted->verify != -1)
		door_add_string(
		    request, "verify", wanted->verify == 1 ? "yes" : "no");
	if (wanted->expires > 0) {
		snprintf(text, sizeof(text), "%" PRId64, wanted->expires);
		door_add_string(request, "expires", text);
	} else if (wanted->expires == 0) {
		door_add_string(request, "expires", "");
	}
}

static bool
mount(struct redfish *r, const struct media_request *wanted, unsigned slot,
    const char *action)
{
	struct door_message request;

	begin(r, &request, "mount", slot);
	door_add_string(&request, "image", wanted->image.image);
	door_add_string(
	    &request, "write-protected", wanted->is_writable ? "no" : "yes");
	door_add_string(&request, "replace", wanted->replaces ? "yes" : "no");
	add_settings(&request, wanted);
	return change(r, &request, slot, wanted->image.image, action);
}

static bool
eject(struct redfish *r, unsigned slot, const char *action)
{
	struct door_message request;

	begin(r, &request, "eject", slot);
	return change(r, &request, slot, NULL, action);
}

static bool
renew(struct redfish *r, const struct media_request *wanted, unsigned slot)
{
	struct door_message request;

	begin(r, &request, "renew", slot);
	door_add_string(&request, "image", wanted->image.image);
	add_settings(&request, wanted);
	return change(r, &request, slot, wanted->image.image, NULL);
}

/* Change only settings, for the next image. */
static bool
set(struct redfish *r, const struct media_request *wanted, unsigned slot)
{
	struct door_message request, answer;
	bool is_done;

	begin(r, &request, "media-set", slot);
	add_settings(&request, wanted);
	is_done = ask_do(r, &request, &answer);
	door_message_free(&answer);
	return is_done;
}

static bool
has_settings(const struct media_request *wanted)
{
	return wanted->user != NULL || wanted->password != NULL ||
	       wanted->protocol != NULL || wanted->eject_policy != NULL ||
	       wanted->verify != -1 || wanted->expires != -1;
}

/* Store the image, which is to be inserted later. */
static bool
keep(struct redfish *r, const struct media_request *wanted, unsigned slot,
    const char *action)
{
	struct door_message request;

	if (wanted->replaces && !eject(r, slot, action))
		return false;
	begin(r, &request, "media-set", slot);
	door_add_string(&request, "next-image", wanted->image.image);
	add_settings(&request, wanted);
	return change(r, &request, slot, wanted->image.image, action);
}

/* Do what a request wants. Returns whether that succeeded. */
static bool
carry_out(struct redfish *r, const struct media_request *wanted, unsigned slot,
    const char *action)
{
	switch (wanted->intent) {
	case MEDIA_MOUNT:
		return wanted->is_inserted ? mount(r, wanted, slot, action)
					   : keep(r, wanted, slot, action);
	case MEDIA_EJECT:
		/* The slot's settings end with its image; the request's
		 * are for the next. */
		return eject(r, slot, action) &&
		       (!has_settings(wanted) || set(r, wanted, slot));
	case MEDIA_RENEW:
		return renew(r, wanted, slot);
	case MEDIA_NOTHING:
		break;
	}
	return set(r, wanted, slot);
}

void
post_insert(struct redfish *r)
{
	struct media_request wanted;
	struct media_now now;
	struct media m;

	if (media_read(r, 0, &m)) {
		now = media_judged(r, &m);
		if (media_judge_insert(r, &now, &wanted) == 0 &&
		    carry_out(r, &wanted, m.slot, "InsertMedia"))
			r->status = 204;
		media_request_free(&wanted);
	}
	media_free(&m);
}

void
post_eject(struct redfish *r)
{
	int slot = media_slot_of(r, 0);
	const char *name;
	json_t *value;

	if (slot == -1)
		return;
	json_object_foreach(r->input, name, value)
	{
		if (strchr(name, '@') == NULL)
			redfish_say(r, 400, MSG_ACTION_PARAMETER_UNKNOWN, NULL,
			    NULL, "EjectMedia", name);
	}
	if (r->status == 0 && eject(r, (unsigned)slot, "EjectMedia"))
		r->status = 204;
}

void
patch_media(struct redfish *r)
{
	struct media_request wanted;
	struct media_now now;
	bool is_done = false;
	struct media m;

	if (media_read(r, 0, &m)) {
		now = media_judged(r, &m);
		if (media_judge_patch(r, &now, &wanted) == 0)
			is_done = carry_out(r, &wanted, m.slot, NULL);
		media_request_free(&wanted);
	}
	media_free(&m);
	if (is_done)
		r->status = 204;
}
