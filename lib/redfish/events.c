/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * EventService (v1_11_0): events only as server-sent events, without
 * subscriptions.
 */
#include <errno.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/event-stream.h"
#include "redfish/handlers.h"
#include "redfish/message.h"

void
get_event_service(struct redfish *r)
{
	static const char *const formats[] = {"Event", NULL},
				 *const prefixes[] = {"ResourceEvent", "Vmedia",
				     NULL},
				 *const types[] = {"VirtualMedia", NULL};

	answer_begin(r, "EventService", "Event Service");
	json_put_bool(&r->body, "ServiceEnabled", true);
	json_begin_object(&r->body, "Status");
	json_put_string(&r->body, "State", "Enabled");
	json_put_string(&r->body, "Health", "OK");
	json_end_object(&r->body);
	json_put_string(
	    &r->body, "ServerSentEventUri", "/redfish/v1/EventService/SSE");
	json_begin_object(&r->body, "SSEFilterPropertiesSupported");
	json_put_bool(&r->body, "EventFormatType", false);
	json_put_bool(&r->body, "MessageId", false);
	json_put_bool(&r->body, "MetricReportDefinition", false);
	json_put_bool(&r->body, "OriginResource", false);
	json_put_bool(&r->body, "RegistryPrefix", false);
	json_put_bool(&r->body, "ResourceType", false);
	json_put_bool(&r->body, "SubordinateResources", false);
	json_end_object(&r->body);
	answer_words(r, "EventFormatTypes", formats);
	answer_words(r, "RegistryPrefixes", prefixes);
	answer_words(r, "ResourceTypes", types);
	answer_end(r);
}

/* The listener's place stays taken until this process ends, with the stream. */
void
get_event_stream(struct redfish *r)
{
	if (strcmp(r->http->method, "HEAD") != 0) {
		if (event_stream_admit() == -1) {
			r->retry_after = 10;
			redfish_say(r, 503, MSG_SERVICE_TEMPORARILY_UNAVAILABLE,
			    NULL, "Others listen already: end one of them.",
			    "10");
			return;
		}
		r->stream = event_stream;
	}
	r->status = 200;
}
