/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "redfish/media-failure.h"
#include "redfish/message.h"

/* What the arguments of a message are. */
enum arguments {
	ARGS_NONE,
	ARGS_URI,	   /* the image */
	ARGS_URI_WORDS,	   /* the image, and what vmctl says */
	ARGS_URI_PROTOCOL, /* the image, and a protocol */
	ARGS_VALUE,	   /* the image is a wrong value of Image */
};

/* In the order in which vmctl(8) lists the causes. */
static const struct failure {
	const char *cause;
	int status;
	enum redfish_message message;
	enum arguments args;
	const char *resolution; /* NULL: what vmctl says */
} failures[] = {
    {"name", 400, MSG_COULD_NOT_ESTABLISH_CONNECTION, ARGS_URI, NULL},
    {"unreachable", 400, MSG_COULD_NOT_ESTABLISH_CONNECTION, ARGS_URI, NULL},
    {"tls", 400, MSG_COULD_NOT_ESTABLISH_CONNECTION, ARGS_URI,
	"Add the certificate of the server's authority to the Certificates of "
	"the slot, or set VerifyCertificate to false."},
    {"credentials", 400, MSG_RESOURCE_AT_URI_UNAUTHORIZED, ARGS_URI_WORDS,
	"Send a UserName and a Password that the server accepts."},
    {"forbidden", 400, MSG_ACCESS_DENIED, ARGS_URI, NULL},
    {"missing", 400, MSG_RESOURCE_MISSING_AT_URI, ARGS_URI, NULL},
    {"ranges", 400, MSG_SOURCE_DOES_NOT_SUPPORT_PROTOCOL, ARGS_URI_PROTOCOL,
	NULL},
    {"server", 400, MSG_COULD_NOT_ESTABLISH_CONNECTION, ARGS_URI, NULL},
    {"not-image", 400, MSG_RESOURCE_AT_URI_IN_UNKNOWN_FORMAT, ARGS_URI, NULL},
    {"too-large", 400, MSG_RESOURCE_AT_URI_IN_UNKNOWN_FORMAT, ARGS_URI, NULL},
    {"type", 400, MSG_PROPERTY_VALUE_FORMAT, ARGS_VALUE, NULL},
    {"busy", 409, MSG_RESOURCE_IN_USE, ARGS_NONE,
	"Eject the medium first, or replace it by a PATCH of Image."},
    {"changed", 400, MSG_PROPERTY_VALUE_FORMAT, ARGS_VALUE, NULL},
    {"usage", 400, MSG_PROPERTY_VALUE_FORMAT, ARGS_VALUE, NULL},
};

static const struct failure *
find(const char *cause)
{
	size_t i;

	for (i = 0; cause != NULL && i < sizeof(failures) / sizeof(*failures);
	     i++)
		if (strcmp(failures[i].cause, cause) == 0)
			return &failures[i];
	return NULL;
}

/* What the user can do: our own words, or those of vmctl. If the image needs
 * the other type of drive, the text names a slot that has it. */
static const char *
resolve(const struct failure *f, const struct media_failure *why,
    char buf[REDFISH_TEXT_SIZE])
{
	const char *message = why->message;

	if (strcmp(f->cause, "type") == 0 && why->other_slot >= 0) {
		snprintf(buf, REDFISH_TEXT_SIZE, "Use Slot_%d: %.400s",
		    why->other_slot, message != NULL ? message : "");
		return buf;
	}
	return f->resolution != NULL ? f->resolution : message;
}

void
media_failure_retry(struct redfish *r, int seconds, const char *message)
{
	char text[16];

	r->retry_after = seconds > 0 ? seconds : MEDIA_RETRY_AFTER;
	snprintf(text, sizeof(text), "%d", r->retry_after);
	redfish_say(
	    r, 503, MSG_SERVICE_TEMPORARILY_UNAVAILABLE, NULL, message, text);
}

void
media_failure_say(struct redfish *r, const struct media_failure *why)
{
	const struct failure *f = find(why->cause);
	const char *words = why->message != NULL ? why->message : "";
	const char *resolution;
	char buf[REDFISH_TEXT_SIZE];

	if (why->cause != NULL && (strcmp(why->cause, "timeout") == 0 ||
				      strcmp(why->cause, "locked") == 0)) {
		media_failure_retry(r, 0, why->message);
		return;
	}
	if (f == NULL) {
		redfish_say(r, 500, MSG_INTERNAL_ERROR, NULL, why->message);
		return;
	}
	resolution = resolve(f, why, buf);
	if (f->args == ARGS_VALUE && why->action != NULL)
		redfish_say(r, f->status, MSG_ACTION_PARAMETER_VALUE_FORMAT,
		    "/Image", resolution, why->uri, "Image", why->action);
	else if (f->args == ARGS_VALUE)
		redfish_say(r, f->status, f->message, "/Image", resolution,
		    why->uri, "Image");
	else if (f->args == ARGS_URI_PROTOCOL)
		redfish_say(r, f->status, f->message, "/Image", resolution,
		    why->uri, "HTTP ranges");
	else
		redfish_say(r, f->status, f->message,
		    f->args == ARGS_NONE ? NULL : "/Image", resolution,
		    why->uri, words);
}
