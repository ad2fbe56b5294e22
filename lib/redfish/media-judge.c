/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"
#include "redfish/media-fields.h"
#include "redfish/media-judge.h"
#include "redfish/message.h"

/* --- rules of more than one value ------------------------------------------------- */

/* TransferProtocolType must agree with the URL. */
static void
check_protocol(struct judge *j)
{
	struct media_request *out = j->out;
	char *shown;

	if (!j->wants_image || out->image.protocol == NULL ||
	    out->protocol == NULL ||
	    strcmp(out->protocol, out->image.protocol) == 0)
		return;
	j->failed = true;
	shown = url_for_show(out->image.image);
	redfish_say(j->r, 400, MSG_SOURCE_DOES_NOT_SUPPORT_PROTOCOL,
	    "/TransferProtocolType",
	    "Leave TransferProtocolType out, or make it agree with the Image.",
	    shown != NULL ? shown : "", out->protocol);
	free(shown);
}

/* A CD cannot be written to. An eject may ask for that: it has
 * no meaning there. */
static void
check_protection(struct judge *j)
{
	char resolution[128];

	if (!j->wants_image || !j->out->is_writable ||
	    j->now->drive != IMAGE_CD)
		return;
	j->failed = true;
	if (j->now->disk_slot >= 0)
		snprintf(resolution, sizeof(resolution),
		    "A CD is never written to: use Slot_%d.",
		    j->now->disk_slot);
	else
		strcpy(resolution, "A CD is never written to.");
	if (j->action != NULL)
		redfish_say(j->r, 400, MSG_ACTION_PARAMETER_NOT_SUPPORTED,
		    "/WriteProtected", resolution, "WriteProtected", j->action);
	else
		redfish_say(j->r, 400, MSG_PROPERTY_VALUE_NOT_IN_LIST,
		    "/WriteProtected", resolution, "false", "WriteProtected");
}

/* The policy Timed needs a timeout. If the request has only one of the two, the
 * other is the slot's; but an eject removes both. */
static void
check_policy(struct judge *j)
{
	const char *policy = j->out->eject_policy;
	int64_t expires = j->out->expires;

	if (policy == NULL && expires == -1)
		return;
	if (policy == NULL && !j->wants_eject)
		policy = j->now->eject_policy;
	if (expires == -1 && !j->wants_eject)
		expires = j->now->expires;
	if (policy != NULL && strcmp(policy, "Timed") == 0 && expires <= 0)
		media_refuse_missing(j, "EjectTimeout",
		    "Send EjectTimeout with the policy Timed: PT1H.");
}

static void
refuse_live(struct judge *j, const char *name)
{
	char property[64];

	j->failed = true;
	snprintf(property, sizeof(property), "/%s", name);
	redfish_say(j->r, 400, MSG_PROPERTY_VALUE_ERROR, property,
	    "It is set for an image that is to come: eject the one that is in "
	    "the slot first.",
	    name);
}

/* An image in the slot keeps the settings with which it came: the request must
 * not make the slot show others. */
static void
check_live(struct judge *j)
{
	const struct media_now *now = j->now;
	const struct media_request *out = j->out;
	const char *policy =
	    now->eject_policy != NULL ? now->eject_policy : "Persistent";

	if (!now->is_in || out->intent == MEDIA_MOUNT ||
	    out->intent == MEDIA_EJECT)
		return;
	if (out->verify != -1 && (out->verify == 1) != now->verifies)
		refuse_live(j, "VerifyCertificate");
	if (out->eject_policy != NULL && strcmp(out->eject_policy, policy) != 0)
		refuse_live(j, "EjectPolicy");
	if (out->expires != -1 && out->expires != now->expires)
		refuse_live(j, "EjectTimeout");
}

/* Use the credentials in the URL if the request has no others. */
static void
move_credentials(struct media_request *out)
{
	if (out->image.user == NULL)
		return;
	if (out->user == NULL || *out->user == '\0') {
		out->user = out->image.user;
		if (out->password == NULL || *out->password == '\0')
			out->password = out->image.password;
	}
}

/* Insert the same image again, with the values of the request. */
static void
remount(struct judge *j)
{
	const char *why = media_image_take(&j->out->image, j->now->image);

	if (why != NULL) {
		media_refuse_missing(j, "Image", "Send the Image as well.");
		return;
	}
	j->wants_image = true;
	j->out->intent = MEDIA_MOUNT;
}

/* Decide about a PATCH without an image. */
static void
decide_without_image(struct judge *j)
{
	const struct media_now *now = j->now;
	bool changes_protection =
	    j->has_protected &&
	    (!now->is_in || j->out->is_writable != now->is_writable);
	bool inserts = j->has_inserted && !now->is_in;

	if (!inserts && !changes_protection)
		return;
	if (now->image == NULL || (!now->is_in && !inserts))
		media_refuse_missing(
		    j, "Image", "The slot is empty: send an Image as well.");
	else
		remount(j);
}

/* Decide about a PATCH with an image. */
static void
decide_with_image(struct judge *j)
{
	const struct media_now *now = j->now;
	struct media_request *out = j->out;
	bool is_same = now->image != NULL && out->image.image != NULL &&
		       media_image_is_renewal(now->image, out->image.image);

	out->intent = MEDIA_MOUNT;
	if (!is_same || !now->is_in || !out->is_inserted ||
	    (j->has_protected && out->is_writable != now->is_writable))
		return;
	out->intent = strcmp(now->image, out->image.image) == 0 ? MEDIA_NOTHING
								: MEDIA_RENEW;
}

static void
begin(struct judge *j, struct redfish *r, const struct media_now *now,
    struct media_request *out, const char *action)
{
	*j = (struct judge){.r = r, .action = action, .now = now, .out = out};
	*out = (struct media_request){.intent = MEDIA_NOTHING,
	    .is_inserted = true,
	    .verify = -1,
	    .expires = -1};
}

int
media_judge_insert(
    struct redfish *r, const struct media_now *now, struct media_request *out)
{
	struct judge j;

	begin(&j, r, now, out, "InsertMedia");
	if (r->input != NULL)
		media_take_all(&j);
	if (!j.wants_image && !j.failed)
		media_refuse_missing(&j, "Image", "Send the URL of an image.");
	check_protocol(&j);
	check_protection(&j);
	move_credentials(out);
	out->intent = MEDIA_MOUNT;
	return j.failed ? -1 : 0;
}

int
media_judge_patch(
    struct redfish *r, const struct media_now *now, struct media_request *out)
{
	struct judge j;

	begin(&j, r, now, out, NULL);
	out->replaces = true;
	if (r->input == NULL || media_take_all(&j) == 0) {
		redfish_say(r, 400, MSG_NO_OPERATION, NULL, NULL);
		return -1;
	}
	if (j.has_inserted && !out->is_inserted && !j.wants_image)
		j.wants_eject = true;
	if (j.wants_eject)
		out->intent = MEDIA_EJECT;
	else if (j.wants_image)
		decide_with_image(&j);
	else if (!j.failed)
		decide_without_image(&j);
	check_protocol(&j);
	check_protection(&j);
	check_policy(&j);
	check_live(&j);
	move_credentials(out);
	return j.failed ? -1 : 0;
}

void
media_request_free(struct media_request *request)
{
	media_image_free(&request->image);
}
