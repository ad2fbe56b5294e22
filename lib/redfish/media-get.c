/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Reads of slots: VirtualMedia v1_6_5. All properties are there, and are null
 * if they are empty, because clients send only properties that they have seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/stored.h"
#include "redfish/answer.h"
#include "redfish/duration.h"
#include "redfish/handlers.h"
#include "redfish/media-fields.h"
#include "redfish/media.h"

#define TIME_SIZE 32

/* Write a time as in DSP0266 section 9.4.5. Returns buf; NULL if the
 * time is unknown. */
static const char *
format_time(int64_t when, char buf[TIME_SIZE])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when <= 0 || gmtime_r(&t, &tm) == NULL)
		return NULL;
	strftime(buf, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}

void
get_media_collection(struct redfish *r)
{
	char id[16];
	unsigned i;

	answer_begin_collection(
	    r, "Virtual Media Services", r->settings->slots);
	for (i = 0; i < r->settings->slots; i++) {
		snprintf(id, sizeof(id), "Slot_%u", i);
		answer_member(r, id);
	}
	answer_end_collection(r);
}

/* --- parts of a slot ------------------------------------------------------ */

static void
put(struct redfish *r, const char *name, const char *value)
{
	json_put_string(&r->body, name, value);
	etag_add(r, value != NULL ? value : "");
}

static void
put_flag(struct redfish *r, const char *name, bool value)
{
	json_put_bool(&r->body, name, value);
	etag_add(r, value ? "1" : "0");
}

static void
put_media_types(struct redfish *r, unsigned slot)
{
	bool is_disk = r->settings->drives[slot] == IMAGE_DISK;

	json_begin_array(&r->body, "MediaTypes");
	json_put_string(&r->body, NULL, is_disk ? "USBStick" : "CD");
	if (!is_disk)
		json_put_string(&r->body, NULL, "DVD");
	json_end_array(&r->body);
}

/* TransferProtocolType. If a client serves the image by a WebSocket, none of
 * the standard's protocols fits. */
static const char *
protocol_of(const struct media *m, bool is_in)
{
	const char *kept = door_string(&m->kept, "transfer-protocol");
	const char *protocol = kept;
	struct media_image image = {.image = NULL};

	if (!is_in)
		return NULL;
	if (m->state.client[0] != '\0')
		return "OEM";
	if (kept == NULL && m->image != NULL) {
		media_image_take(&image, m->image);
		protocol = image.protocol;
		media_image_free(&image);
	}
	return protocol;
}

static void
put_image(struct redfish *r, const struct media *m)
{
	bool is_in = slot_state_is_in(&m->state);
	bool is_served = is_in && m->state.client[0] != '\0';
	const char *image = is_in ? m->image : NULL;
	char *name;

	/* An image that somebody else has inserted has a name, too. An
	 * image that vmctl has mounted from the store is shown by its name,
	 * not by its path. */
	if (is_in && (image == NULL || is_stored_image(m->state.url)))
		image = m->state.url[0] != '\0' ? m->state.url : m->state.file;
	name = image != NULL ? media_image_name(image) : NULL;
	put(r, "Image", is_in ? image : m->next);
	put(r, "ImageName", name);
	free(name);
	put_flag(r, "Inserted", is_in);
	put_flag(r, "WriteProtected", !is_in || !m->state.writable);
	json_put_string(&r->body, "ConnectedVia",
	    !is_in	? "NotConnected"
	    : is_served ? "Applet"
			: "URI");
	put(r, "TransferProtocolType", protocol_of(m, is_in));
	json_put_string(&r->body, "TransferMethod", is_in ? "Stream" : NULL);
	put(r, "UserName", door_string(&m->kept, "user-name"));
	json_put_null(&r->body, "Password");
}

static void
put_settings(struct redfish *r, const struct media *m)
{
	char text[DURATION_SIZE];

	put_flag(r, "VerifyCertificate", media_verifies(m));
	put(r, "EjectPolicy", m->policy);
	put(r, "EjectTimeout",
	    m->expires > 0 ? duration_format(m->expires, text) : NULL);
	answer_link(r, "Certificates", "%s/Certificates", r->uri);
	media_put_writable(r);
}

/* --- its state ------------------------------------------------------------ */

static void
put_condition(struct redfish *r, const char *message, const char *severity,
    const char *words)
{
	struct json_text *t = &r->body;
	char now[TIME_SIZE];

	json_begin_array(t, "Conditions");
	json_begin_object(t, NULL);
	json_put_string(t, "MessageId", message);
	json_put_string(t, "Message", words);
	json_put_string(t, "Severity", severity);
	json_put_string(t, "Timestamp", format_time(time(NULL), now));
	json_end_object(t);
	json_end_array(t);
}

static void
put_status(struct redfish *r, const struct slot_state *s)
{
	struct json_text *t = &r->body;
	bool is_degraded = strcmp(s->state, "degraded") == 0;
	bool is_failed = strcmp(s->state, "failed") == 0;

	json_begin_object(t, "Status");
	json_put_string(
	    t, "State", slot_state_is_changing(s) ? "Updating" : "Enabled");
	json_put_string(t, "Health",
	    is_failed	  ? "Critical"
	    : is_degraded ? "Warning"
			  : "OK");
	if (is_failed)
		put_condition(r, "Vmedia.1.0.Failed", "Critical", s->error);
	else if (is_degraded)
		put_condition(r, "Vmedia.1.0.Degraded", "Warning", s->reason);
	json_end_object(t);
}

static const char *
text_or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static void
put_number(struct json_text *t, const char *name, int64_t number, bool is_known)
{
	if (is_known && number >= 0)
		json_put_number(t, name, number);
	else
		json_put_null(t, name);
}

static void
put_own(struct redfish *r, const struct slot_state *s)
{
	struct json_text *t = &r->body;
	char text[TIME_SIZE];
	const char *why = s->state[0] == 'f' ? s->error : s->reason;

	json_begin_object(t, "Vmedia");
	json_put_string(
	    t, "@odata.type", "#VmediaVirtualMedia.v1_0_0.VirtualMedia");
	json_put_string(t, "State", s->state);
	json_put_string(t, "Reason", text_or_null(why));
	json_put_string(t, "Step", text_or_null(s->step));
	json_put_string(t, "Note", text_or_null(s->note));
	json_put_string(
	    t, "Drive", !s->is_set_up ? NULL : image_media_name(s->drive));
	json_put_string(t, "HostState", text_or_null(s->host));
	json_put_string(t, "Label", text_or_null(s->label));
	json_put_string(t, "Boot", text_or_null(s->boot));
	json_put_string(t, "Client", text_or_null(s->client));
	json_put_bool(t, "Writable", s->writable);
	put_number(t, "SizeBytes", s->size, true);
	put_number(t, "BytesRead", s->read, s->has_source);
	put_number(t, "BytesFetched", s->fetched, s->has_source);
	put_number(t, "BytesWritten", s->written, s->has_source);
	put_number(t, "ReadBytesPerSecond", s->rate, s->has_source);
	json_put_string(t, "InsertedTime", format_time(s->inserted, text));
	json_put_string(t, "ExpiresTime",
	    s->expires >= 0
		? format_time((int64_t)time(NULL) + s->expires, text)
		: NULL);
	json_put_string(t, "Map", s->has_source ? text_or_null(s->map) : NULL);
	json_end_object(t);
}

static void
put_oem(struct redfish *r, const struct media *m)
{
	struct json_text *t = &r->body;
	char path[32];

	snprintf(path, sizeof(path), "/nbd/%u", m->slot);
	json_begin_object(t, "Oem");
	json_begin_object(t, "OpenBMC");
	json_put_string(
	    t, "@odata.type", "#OpenBMCVirtualMedia.v1_0_0.VirtualMedia");
	json_put_string(t, "WebSocketEndpoint", path);
	json_end_object(t);
	put_own(r, &m->state);
	json_end_object(t);
}

/* --- actions -------------------------------------------------------------- */

static void
put_action(struct redfish *r, const char *name)
{
	char text[REDFISH_URI_SIZE + 64];

	snprintf(text, sizeof(text), "#VirtualMedia.%s", name);
	json_begin_object(&r->body, text);
	snprintf(
	    text, sizeof(text), "%s/Actions/VirtualMedia.%s", r->uri, name);
	json_put_string(&r->body, "target", text);
}

static void
put_actions(struct redfish *r)
{
	static const char *const protocols[] = {
	    "HTTP", "HTTPS", "NFS", "CIFS", NULL};
	static const char *const methods[] = {"Stream", NULL};
	struct json_text *t = &r->body;

	json_begin_object(t, "Actions");
	put_action(r, "InsertMedia");
	/* Ironic itself refuses a value that is not listed. */
	answer_words(
	    r, "TransferProtocolType@Redfish.AllowableValues", protocols);
	answer_words(r, "TransferMethod@Redfish.AllowableValues", methods);
	json_end_object(t);
	put_action(r, "EjectMedia");
	json_end_object(t);
	json_end_object(t);
}

void
get_media(struct redfish *r)
{
	struct media m;
	char name[32];

	if (media_read(r, 0, &m)) {
		snprintf(name, sizeof(name), "Virtual Media %u", m.slot);
		answer_begin(r, r->part[0], name);
		put_media_types(r, m.slot);
		put_image(r, &m);
		put_settings(r, &m);
		put_status(r, &m.state);
		put_actions(r);
		put_oem(r, &m);
		answer_end(r);
	}
	media_free(&m);
}
