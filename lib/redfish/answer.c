/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/message.h"
#include "redfish/resource.h"

static void
begin(struct redfish *r)
{
	char type[128];

	r->status = 200;
	snprintf(type, sizeof(type), "#%s", r->resource->type);
	json_begin_object(&r->body, NULL);
	json_put_string(&r->body, "@odata.id", r->uri);
	json_put_string(&r->body, "@odata.type", type);
}

void
answer_begin(struct redfish *r, const char *id, const char *name)
{
	begin(r);
	json_put_string(&r->body, "Id", id);
	json_put_string(&r->body, "Name", name);
}

void
answer_end(struct redfish *r)
{
	r->is_etag_partial = r->digest != 0;
	if (!r->is_etag_partial && r->body.data != NULL)
		etag_add(r, r->body.data);
	snprintf(r->etag, sizeof(r->etag), "\"%016" PRIx64 "\"", r->digest);
	json_put_string(&r->body, "@odata.etag", r->etag);
	json_end_object(&r->body);
}

void
answer_begin_collection(struct redfish *r, const char *name, unsigned members)
{
	begin(r);
	json_put_string(&r->body, "Name", name);
	json_put_number(&r->body, "Members@odata.count", members);
	json_begin_array(&r->body, "Members");
}

void
answer_member(struct redfish *r, const char *id)
{
	answer_link(r, NULL, "%s/%s", r->uri, id);
}

void
answer_end_collection(struct redfish *r)
{
	json_end_array(&r->body);
	answer_end(r);
}

void
answer_link(struct redfish *r, const char *name, const char *path, ...)
{
	char text[REDFISH_URI_SIZE];
	va_list ap;

	va_start(ap, path);
	vsnprintf(text, sizeof(text), path, ap);
	va_end(ap);
	json_begin_object(&r->body, name);
	json_put_string(&r->body, "@odata.id", text);
	json_end_object(&r->body);
}

void
answer_words(struct redfish *r, const char *name, const char *const words[])
{
	json_begin_array(&r->body, name);
	for (; *words != NULL; words++)
		json_put_string(&r->body, NULL, *words);
	json_end_array(&r->body);
}

void
answer_collection(
    struct redfish *r, const char *name, const char *const members[])
{
	unsigned count = 0;

	while (members[count] != NULL)
		count++;
	answer_begin_collection(r, name, count);
	for (; *members != NULL; members++)
		answer_member(r, *members);
	answer_end_collection(r);
}

void
answer_status(struct redfish *r)
{
	json_begin_object(&r->body, "Status");
	json_put_string(&r->body, "State", "Enabled");
	json_put_string(&r->body, "Health", "OK");
	json_end_object(&r->body);
}

void
answer_missing(struct redfish *r)
{
	redfish_say(r, 404, MSG_RESOURCE_MISSING_AT_URI, NULL,
	    "Follow the links from /redfish/v1/.", r->uri);
}

/* --- ETags ---------------------------------------------------------------- */

/* Hash by FNV-1a (draft-eastlake-fnv), which is enough: an ETag is no secret
 * and no proof. The NUL is hashed, too, to separate one value from the next. */
void
etag_add(struct redfish *r, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;

	if (r->digest == 0)
		r->digest = UINT64_C(0xcbf29ce484222325);
	do {
		r->digest ^= *at;
		r->digest *= UINT64_C(0x100000001b3);
	} while (*at++ != '\0');
}

/* Is this element of a list the ETag? `len` is the ETag's length without its
 * quotation marks. */
static bool
is_same(const char *element, size_t size, const char *etag, size_t len)
{
	if (size >= 2 && strncmp(element, "W/", 2) == 0) {
		element += 2;
		size -= 2;
	}
	if (size >= 2 && element[0] == '"' && element[size - 1] == '"') {
		element++;
		size -= 2;
	}
	return size == len && strncmp(element, etag + 1, len) == 0;
}

bool
etag_matches(const char *header, const char *etag)
{
	size_t len = strlen(etag), size;

	if (len < 2)
		return strcmp(header, "*") == 0;
	for (; *header != '\0'; header += size) {
		header += strspn(header, ", \t");
		size = strcspn(header, ", \t");
		if ((size == 1 && *header == '*') ||
		    is_same(header, size, etag, len - 2))
			return true;
	}
	return false;
}
