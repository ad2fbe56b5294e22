/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The resources that everybody may read: the versions, the service root and the
 * OData service document (DSP0266 section 6).
 */
#include <stdio.h>

#include "redfish/answer.h"
#include "redfish/handlers.h"
#include "redfish/resource.h"

void
get_versions(struct redfish *r)
{
	r->status = 200;
	json_begin_object(&r->body, NULL);
	json_put_string(&r->body, "v1", "/redfish/v1/");
	json_end_object(&r->body);
}

/* Tell clients which features they need not try. */
static void
put_features(struct json_text *t)
{
	json_begin_object(t, "ProtocolFeaturesSupported");
	json_put_bool(t, "ExcerptQuery", false);
	json_put_bool(t, "FilterQuery", false);
	json_put_bool(t, "OnlyMemberQuery", false);
	json_put_bool(t, "SelectQuery", false);
	json_begin_object(t, "ExpandQuery");
	json_put_bool(t, "ExpandAll", false);
	json_put_bool(t, "Levels", false);
	json_put_bool(t, "Links", false);
	json_put_bool(t, "NoLinks", false);
	json_end_object(t);
	json_begin_object(t, "DeepOperations");
	json_put_bool(t, "DeepPATCH", false);
	json_put_bool(t, "DeepPOST", false);
	json_end_object(t);
	json_end_object(t);
}

void
get_root(struct redfish *r)
{
	const struct redfish_resource *at;
	const char *name;

	/* The path of the root ends with a slash, whatever the client wrote. */
	snprintf(r->uri, sizeof(r->uri), "/redfish/v1/");
	answer_begin(r, "RootService", "Root Service");
	json_put_string(&r->body, "RedfishVersion", "1.22.0");
	json_put_string(&r->body, "Product", "vmedia");
	put_features(&r->body);
	for (at = r->resources; at->pattern != NULL; at++) {
		name = redfish_root_member(at);
		if (name != NULL)
			answer_link(r, name, "%s", at->pattern);
	}
	json_begin_object(&r->body, "Links");
	answer_link(r, "Sessions", "%s", "/redfish/v1/SessionService/Sessions");
	json_end_object(&r->body);
	answer_end(r);
}

static void
put_service(struct json_text *t, const char *name, const char *url)
{
	json_begin_object(t, NULL);
	json_put_string(t, "name", name);
	json_put_string(t, "kind", "Singleton");
	json_put_string(t, "url", url);
	json_end_object(t);
}

void
get_odata(struct redfish *r)
{
	const struct redfish_resource *at;
	const char *name;

	r->status = 200;
	json_begin_object(&r->body, NULL);
	json_put_string(&r->body, "@odata.context", "/redfish/v1/$metadata");
	json_begin_array(&r->body, "value");
	put_service(&r->body, "Service", "/redfish/v1/");
	for (at = r->resources; at->pattern != NULL; at++) {
		name = redfish_root_member(at);
		if (name != NULL)
			put_service(&r->body, name, at->pattern);
	}
	put_service(
	    &r->body, "Sessions", "/redfish/v1/SessionService/Sessions");
	json_end_array(&r->body);
	json_end_object(&r->body);
}
