/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/json.h"

#define ROOM_MIN 1024

/* Make room for len more bytes and a NUL. Returns the place for them, or NULL
 * if memory ran out. */
static char *
reserve(struct json_text *t, size_t len)
{
	size_t room = t->room > 0 ? t->room : ROOM_MIN;
	char *more;

	if (t->failed)
		return NULL;
	while (room - t->len <= len && room < SIZE_MAX / 2)
		room *= 2;
	if (room > t->room) {
		more = realloc(t->data, room);
		t->failed = more == NULL;
		if (t->failed)
			return NULL;
		t->data = more;
		t->room = room;
	}
	return t->data + t->len;
}

static void
append(struct json_text *t, const char *text)
{
	size_t len = strlen(text);
	char *at = reserve(t, len);

	if (at == NULL)
		return;
	memcpy(at, text, len + 1);
	t->len += len;
}

static void
append_quoted(struct json_text *t, const char *text)
{
	char *at = reserve(t, JSON_QUOTED_SIZE(strlen(text)));

	if (at != NULL)
		t->len += strlen(json_quote(at, text));
}

/* Append the comma and the name that precede a value. */
static void
begin_value(struct json_text *t, const char *name)
{
	if (t->needs_comma)
		append(t, ",");
	t->needs_comma = true;
	if (name == NULL)
		return;
	append_quoted(t, name);
	append(t, ":");
}

static void
begin(struct json_text *t, const char *name, const char *bracket)
{
	begin_value(t, name);
	append(t, bracket);
	t->needs_comma = false;
}

static void
end(struct json_text *t, const char *bracket)
{
	append(t, bracket);
	t->needs_comma = true;
}

void
json_begin_object(struct json_text *t, const char *name)
{
	begin(t, name, "{");
}

void
json_end_object(struct json_text *t)
{
	end(t, "}");
}

void
json_begin_array(struct json_text *t, const char *name)
{
	begin(t, name, "[");
}

void
json_end_array(struct json_text *t)
{
	end(t, "]");
}

void
json_put_string(struct json_text *t, const char *name, const char *value)
{
	begin_value(t, name);
	if (value == NULL)
		append(t, "null");
	else
		append_quoted(t, value);
}

void
json_put_number(struct json_text *t, const char *name, int64_t value)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%" PRId64, value);
	begin_value(t, name);
	append(t, digits);
}

void
json_put_bool(struct json_text *t, const char *name, bool value)
{
	begin_value(t, name);
	append(t, value ? "true" : "false");
}

void
json_put_null(struct json_text *t, const char *name)
{
	json_put_string(t, name, NULL);
}

bool
json_text_end(const struct json_text *t)
{
	return !t->failed && t->data != NULL;
}

void
json_text_free(struct json_text *t)
{
	free(t->data);
	*t = (struct json_text){0};
}
