/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include <jansson.h>

#include "upload/ask.h"
#include "upload/wish.h"

/* Take one value. Returns false, after upload_refuse(), if there is no such
 * property or the value is not a string. */
static bool
take_value(struct upload *u, struct upload_wish *wish, const char *key,
    const json_t *value)
{
	const struct {
		const char *name;
		const char **to;
	} known[] = {{"url", &wish->url}, {"name", &wish->name},
	    {"sha256", &wish->sha256}, {"owner", &wish->owner}};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(key, known[i].name) != 0)
			continue;
		/* An empty field of a form counts as if it were missing. */
		*known[i].to = json_string_value(value);
		if (*known[i].to != NULL && **known[i].to == '\0')
			*known[i].to = NULL;
		if (json_is_string(value) || json_is_null(value))
			return true;
		return upload_refuse(
		    u, 400, "%s must be a string.", known[i].name);
	}
	return upload_refuse(u, 400,
	    "The properties are url, name, sha256 and owner, and no others.");
}

static bool
take_wish(struct upload *u, struct upload_wish *wish, json_t *root)
{
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		return upload_refuse(u, 400, "The body must be a JSON object.");
	json_object_foreach(root, key, value)
	{
		if (!take_value(u, wish, key, value))
			return false;
	}
	if (wish->url == NULL)
		return upload_refuse(u, 400, "url must tell what to fetch.");
	return true;
}

bool
wish_fetch(struct upload *u, const char *body)
{
	struct upload_wish wish = {NULL, NULL, NULL, NULL};
	json_t *root = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
	bool is_ok;

	is_ok = take_wish(u, &wish, root) && upload_fetch(u, &wish);
	json_decref(root);
	return is_ok;
}
