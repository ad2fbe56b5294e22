/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/status.h"
#include "redfish/message.h"
#include "redfish/origin.h"
#include "redfish/resource.h"
#include "redfish/write.h"

static bool
is_get(const struct redfish *r)
{
	return r->http->method != NULL &&
	       redfish_method(r->http->method) == METHOD_GET;
}

/* Write the headers that depend on the resource. */
static void
write_resource_headers(FILE *out, const struct redfish *r)
{
	const char *type = r->resource != NULL ? r->resource->type : NULL;
	char allow[64];

	if (r->resource != NULL && (is_get(r) || r->status == 405))
		fprintf(
		    out, "Allow: %s\r\n", redfish_allow(r->resource, allow));
	if (type != NULL && is_get(r))
		fprintf(out,
		    "Link: <" REDFISH_DMTF_SCHEMAS "%.*s.json>; "
		    "rel=describedby\r\n",
		    (int)redfish_namespace(type), type);
	if (r->etag[0] != '\0')
		fprintf(out, "ETag: %s\r\n", r->etag);
}

/* May a client's text be a part of a header of ours? */
static bool
is_plain(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789.-_:[]/")] == '\0';
}

/* Only pages of this service itself may read its answers. */
static void
write_origin(FILE *out, const struct cgi_request *http)
{
	const char *scheme = "", *own = http->origin;

	if (own != NULL && redfish_is_foreign(http)) {
		scheme = "https://";
		own = http->host;
	}
	if (own != NULL && is_plain(own))
		fprintf(out,
		    "Access-Control-Allow-Origin: %s%s\r\n"
		    "Vary: Origin\r\n",
		    scheme, own);
}

static void
write_head(FILE *out, const struct redfish *r)
{
	fprintf(out, "Status: %d %s\r\n", r->status, http_reason(r->status));
	fputs("OData-Version: 4.0\r\n"
	      "Cache-Control: no-cache, no-store\r\n"
	      "X-Content-Type-Options: nosniff\r\n",
	    out);
	write_resource_headers(out, r);
	write_origin(out, r->http);
	if (r->status == 401)
		fputs("WWW-Authenticate: Basic realm=\"redfish\"\r\n", out);
	if (r->location[0] != '\0')
		fprintf(out, "Location: %s\r\n", r->location);
	if (r->token[0] != '\0')
		fprintf(out, "X-Auth-Token: %s\r\n", r->token);
	/* Without this, nginx would hold events back until its
	 * buffer is full. */
	if (r->stream != NULL)
		fputs("X-Accel-Buffering: no\r\n", out);
	if (r->retry_after != 0)
		fprintf(out, "Retry-After: %d\r\n", r->retry_after);
}

/* With several messages, one code stands for them all (DSP0266 section 8.6). */
static void
write_error(FILE *out, const struct redfish *r)
{
	struct json_text t = {0};

	json_begin_object(&t, NULL);
	json_put_string(&t, "code",
	    r->message_count > 1 ? REDFISH_REGISTRY ".GeneralError" : r->code);
	json_put_string(&t, "message",
	    r->message_count > 1 ? "A general error has occurred. See "
				   "@Message.ExtendedInfo for more information."
				 : r->summary);
	if (json_text_end(&t) && json_text_end(&r->messages))
		fprintf(out, "{\"error\":%s,\"@Message.ExtendedInfo\":%s}}",
		    t.data, r->messages.data);
	json_text_free(&t);
}

/* The messages of a failure are its whole body; other messages are
 * added to the body. */
static void
write_body(FILE *out, struct redfish *r)
{
	const char *separator = r->body.len > 0 ? "," : "{";

	if (r->message_count > 0)
		json_end_array(&r->messages);
	if (r->status == 204 || r->status == 304 || r->stream != NULL)
		return;
	if (r->status >= 400)
		write_error(out, r);
	else if (r->xml != NULL)
		fputs(r->xml, out);
	else if (json_text_end(&r->body) && r->message_count == 0)
		fputs(r->body.data, out);
	else if (json_text_end(&r->messages))
		fprintf(out, "%.*s%s\"@Message.ExtendedInfo\":%s}",
		    r->body.len > 0 ? (int)r->body.len - 1 : 0,
		    r->body.len > 0 ? r->body.data : "", separator,
		    r->messages.data);
}

static const char *
content_type(const struct redfish *r)
{
	if (r->stream != NULL)
		return "text/event-stream";
	return r->xml != NULL && r->status == 200
		   ? "application/xml;charset=utf-8"
		   : "application/json;charset=utf-8";
}

size_t
redfish_write(struct redfish *r, char **text)
{
	char *body = NULL;
	size_t body_size = 0, size = 0;
	FILE *out = open_memstream(&body, &body_size);

	*text = NULL;
	if (out == NULL)
		return 0;
	write_body(out, r);
	if (fclose(out) == EOF || (out = open_memstream(text, &size)) == NULL)
		goto out;
	write_head(out, r);
	if (body_size > 0 || r->stream != NULL)
		fprintf(out, "Content-Type: %s\r\n", content_type(r));
	if (body_size > 0)
		fprintf(out, "Content-Length: %zu\r\n", body_size);
	fputs("\r\n", out);
	if (r->http->method == NULL || strcmp(r->http->method, "HEAD") != 0)
		fwrite(body, 1, body_size, out);
	if (fclose(out) == EOF)
		size = 0;
out:
	/* The body may hold a secret. */
	if (body != NULL)
		explicit_bzero(body, body_size);
	free(body);
	return size;
}
