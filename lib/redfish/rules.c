/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redfish/answer.h"
#include "redfish/auth.h"
#include "redfish/message.h"
#include "redfish/origin.h"
#include "redfish/resources.h"
#include "redfish/rules.h"

/* --- the request as such -------------------------------------------------- */

/* Refuse a request that could not be read, with its HTTP status. */
static void
refuse_unread(struct redfish *r, int status)
{
	if (status == 413)
		redfish_say(r, status, MSG_PAYLOAD_TOO_LARGE, NULL,
		    "Send a body of 64 KiB at most.");
	else if (status == 503)
		redfish_say(r, status, MSG_SERVICE_TEMPORARILY_UNAVAILABLE,
		    NULL, NULL, "2");
	else if (status == 500)
		redfish_say(r, status, MSG_INTERNAL_ERROR, NULL, NULL);
	else
		redfish_say(
		    r, status, MSG_UNRECOGNIZED_REQUEST_BODY, NULL, NULL);
	if (status == 503)
		r->retry_after = 2;
}

/* Find the resource of the path, which may have a slash at its end. */
static void
take_path(struct redfish *r)
{
	size_t len = strlen(r->http->path);

	r->resources = redfish_resources;
	while (len > 1 && r->http->path[len - 1] == '/')
		len--;
	if (len >= sizeof(r->uri))
		return; /* no resource has a path this long */
	memcpy(r->uri, r->http->path, len);
	r->uri[len] = '\0';
	r->resource = redfish_find(r->resources, r->uri, r->part);
}

/* No parameter with a `$` is supported; all others are ignored. */
static bool
check_query(struct redfish *r)
{
	const char *at = r->http->query;
	size_t len, mark;
	char name[64];

	for (; *at != '\0'; at += len + (at[len] == '&')) {
		len = strcspn(at, "&");
		mark = *at == '$' ? 1 : strncmp(at, "%24", 3) == 0 ? 3 : 0;
		if (mark == 0)
			continue;
		snprintf(name, sizeof(name), "$%.*s",
		    (int)strcspn(at + mark, "&="), at + mark);
		redfish_say(r, 501, MSG_QUERY_PARAMETER_UNSUPPORTED, NULL,
		    "Leave the parameter out.", name);
		return false;
	}
	return true;
}

static bool
check_headers(struct redfish *r, int method)
{
	const char *version = r->http->odata_version;

	if (method != METHOD_GET && redfish_is_foreign(r->http)) {
		redfish_say(r, 403, MSG_HEADER_INVALID, NULL,
		    "Send changes from a page of this host only.", "Origin");
		return false;
	}
	if (version != NULL && strcmp(version, "4.0") != 0) {
		redfish_say(r, 412, MSG_HEADER_INVALID, NULL, "Send 4.0.",
		    "OData-Version");
		return false;
	}
	return true;
}

/* --- the body ------------------------------------------------------------- */

static bool
is_json(const char *type)
{
	size_t len = strcspn(type, "; \t");

	return len == strlen("application/json") &&
	       strncasecmp(type, "application/json", len) == 0;
}

/* Read the body of a POST or PATCH. A POST may have none, which counts as {}:
 * EjectMedia has none. */
static bool
take_input(struct redfish *r, int method)
{
	const struct cgi_request *http = r->http;
	json_error_t error;

	if (method != METHOD_POST && method != METHOD_PATCH)
		return true;
	if (http->length == 0 && method == METHOD_POST)
		return true;
	if (!is_json(http->content_type)) {
		redfish_say(r, 415, MSG_HEADER_INVALID, NULL,
		    "Send JSON, with Content-Type: application/json.",
		    "Content-Type");
		return false;
	}
	r->input = json_loadb(
	    http->body, http->length, JSON_REJECT_DUPLICATES, &error);
	if (r->input == NULL)
		redfish_say(r, 400, MSG_MALFORMED_JSON, NULL, NULL);
	else if (!json_is_object(r->input))
		redfish_say(r, 400, MSG_UNRECOGNIZED_REQUEST_BODY, NULL,
		    "Send a JSON object.");
	return json_is_object(r->input);
}

/* --- the resource --------------------------------------------------------- */

/* Refuse a change if If-Match names another ETag than the resource has now.
 * Clients send it with a POST, too, where it means nothing. */
static bool
check_etag(struct redfish *r, int method)
{
	const char *header = r->http->if_match;
	struct redfish now;
	bool is_same = true;

	if (header == NULL || strcmp(header, "*") == 0 ||
	    (method != METHOD_PATCH && method != METHOD_DELETE) ||
	    r->resource->methods[METHOD_GET].answer == NULL)
		return true;
	redfish_get_now(r, &now);
	if (now.status == 200)
		is_same = etag_matches(header, now.etag);
	redfish_free(&now);
	if (!is_same)
		redfish_say(r, 412, MSG_PRECONDITION_FAILED, NULL,
		    "Read the resource again, and send its ETag.");
	return is_same;
}

/* The function that answers this request; NULL if *r has a message. */
static const struct redfish_handler *
find_handler(struct redfish *r, int method)
{
	const struct redfish_handler *h;

	h = r->resource != NULL && method != -1 ? &r->resource->methods[method]
						: NULL;
	if (h != NULL && h->answer != NULL && h->privilege == PRIVILEGE_NONE)
		return h;
	if (!auth_take(r, h))
		return NULL;
	if (r->resource == NULL) {
		answer_missing(r);
		return NULL;
	}
	if (h == NULL || h->answer == NULL) {
		redfish_say(r, 405, MSG_OPERATION_NOT_ALLOWED, NULL,
		    "Use a method that the header Allow lists.");
		return NULL;
	}
	return auth_allows(r, (enum redfish_method)method, h->privilege) ? h
									 : NULL;
}

static void
answer(struct redfish *r)
{
	int method = redfish_method(r->http->method);
	const struct redfish_handler *h;

	take_path(r);
	if (!check_headers(r, method))
		return;
	h = find_handler(r, method);
	if (h == NULL || !check_query(r) || !take_input(r, method) ||
	    !check_etag(r, method))
		return;
	h->answer(r);
	/* A value that is not in the ETag, such as the power,
	 * may have changed. */
	if (method == METHOD_GET && r->status == 200 && r->etag[0] != '\0' &&
	    !r->is_etag_partial && r->http->if_none_match != NULL &&
	    etag_matches(r->http->if_none_match, r->etag))
		r->status = 304;
}

void
redfish_answer(struct redfish *r, int error)
{
	if (error != 0)
		refuse_unread(r, error);
	else
		answer(r);
	/* A function that could not make its answer has set no status. */
	if (r->status == 0)
		redfish_say(r, 500, MSG_INTERNAL_ERROR, NULL, NULL);
}
