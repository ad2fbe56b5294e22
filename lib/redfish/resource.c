/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "redfish/resource.h"

static const char *const names[REDFISH_METHODS] = {
    [METHOD_GET] = "GET",
    [METHOD_POST] = "POST",
    [METHOD_PATCH] = "PATCH",
    [METHOD_DELETE] = "DELETE",
};

/* The length of the part of a path that begins here. */
static size_t
part_length(const char *path)
{
	return strcspn(path, "/");
}

static bool
matches(const char *pattern, const char *path,
    char part[REDFISH_PARTS][REDFISH_PART_SIZE])
{
	unsigned stars = 0;
	size_t len;

	for (; *pattern == '/' && *path == '/'; pattern++, path++) {
		len = part_length(path + 1);
		if (pattern[1] == '*') {
			if (len == 0 || len >= REDFISH_PART_SIZE)
				return false;
			snprintf(part[stars++], REDFISH_PART_SIZE, "%.*s",
			    (int)len, path + 1);
		} else if (len != part_length(pattern + 1) ||
			   strncmp(pattern + 1, path + 1, len) != 0) {
			return false;
		}
		pattern += part_length(pattern + 1);
		path += len;
	}
	return *pattern == '\0' && *path == '\0';
}

const struct redfish_resource *
redfish_find(const struct redfish_resource *table, const char *path,
    char part[REDFISH_PARTS][REDFISH_PART_SIZE])
{
	const struct redfish_resource *r;

	for (r = table; r->pattern != NULL; r++)
		if (matches(r->pattern, path, part))
			return r;
	return NULL;
}

size_t
redfish_namespace(const char *type)
{
	const char *dot = strrchr(type, '.');

	return dot != NULL ? (size_t)(dot - type) : strlen(type);
}

const char *
redfish_allow(const struct redfish_resource *r, char buf[64])
{
	unsigned i;
	int len = 0;

	*buf = '\0';
	for (i = 0; i < REDFISH_METHODS; i++)
		if (r->methods[i].answer != NULL)
			len += snprintf(buf + len, 64 - (size_t)len, "%s%s%s",
			    len > 0 ? ", " : "", names[i],
			    i == METHOD_GET ? ", HEAD" : "");
	return buf;
}

const char *
redfish_root_member(const struct redfish_resource *r)
{
	static const char root[] = "/redfish/v1/";
	const char *name = r->pattern + sizeof(root) - 1;

	if (r->type == NULL || strncmp(r->pattern, root, sizeof(root) - 1) != 0)
		return NULL;
	return strchr(name, '/') == NULL ? name : NULL;
}

int
redfish_method(const char *name)
{
	int i;

	if (strcmp(name, "HEAD") == 0)
		return METHOD_GET;
	for (i = 0; i < REDFISH_METHODS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

void
redfish_get_now(const struct redfish *r, struct redfish *now)
{
	*now = (struct redfish){.settings = r->settings,
	    .http = r->http,
	    .deadline = r->deadline,
	    .client = r->client,
	    .resources = r->resources,
	    .resource = r->resource};
	memcpy(now->uri, r->uri, sizeof(now->uri));
	memcpy(now->part, r->part, sizeof(now->part));
	r->resource->methods[METHOD_GET].answer(now);
}

bool
redfish_has_property(const struct redfish *r, const char *name)
{
	struct redfish now;
	json_t *body = NULL;
	bool has;

	if (r->resource == NULL ||
	    r->resource->methods[METHOD_GET].answer == NULL)
		return false;
	redfish_get_now(r, &now);
	if (now.status == 200 && json_text_end(&now.body))
		body = json_loads(now.body.data, 0, NULL);
	has = json_object_get(body, name) != NULL;
	json_decref(body);
	redfish_free(&now);
	return has;
}
