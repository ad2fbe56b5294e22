/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "sources/http-identity.h"

/* The part of an ETag that is compared: without the "W/" of a weak ETag. */
static const char *
opaque_tag(const char *etag)
{
	return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

static void
mark_of(const struct http_identity *id, const struct http_answer *a,
    struct http_mark *m)
{
	const char *value = "";

	if (id->kind == HTTP_ETAG)
		value = opaque_tag(a->etag);
	else if (id->kind == HTTP_DATE)
		value = a->last_modified;
	snprintf(m->value, sizeof(m->value), "%s", value);
	m->is_encoded = a->is_encoded;
}

void
http_identity_learn(struct http_identity *id, const struct http_answer *a)
{
	memset(id, 0, sizeof(*id));
	id->size = a->total;
	id->kind = http_answer_validator(a, id->shown, &id->is_weak);
	mark_of(id, a, &id->marks[0]);
	id->accepted = id->count = 1;
}

bool
http_identity_has_other_size(
    const struct http_identity *id, const struct http_answer *a)
{
	return a->total != 0 && a->total != id->size;
}

/* Is the answer's mark among the first n marks? */
static bool
is_among(
    const struct http_identity *id, const struct http_answer *a, unsigned n)
{
	struct http_mark m;
	unsigned i;

	mark_of(id, a, &m);
	for (i = 0; i < n; i++)
		if (strcmp(id->marks[i].value, m.value) == 0 &&
		    id->marks[i].is_encoded == m.is_encoded)
			return true;
	return false;
}

bool
http_identity_knows(const struct http_identity *id, const struct http_answer *a)
{
	return id->ignored || is_among(id, a, id->accepted);
}

void
http_identity_try(struct http_identity *id, const struct http_answer *a)
{
	if (is_among(id, a, id->count))
		return;
	/* If the array is full, http_identity_accept() sets `ignored`. */
	if (id->count < HTTP_VALIDATORS_MAX)
		mark_of(id, a, &id->marks[id->count++]);
}

void
http_identity_accept(struct http_identity *id)
{
	id->accepted = id->count;
	id->ignored = id->count == HTTP_VALIDATORS_MAX;
}

void
http_identity_list(
    const struct http_identity *id, char text[HTTP_IDENTITY_LIST_MAX])
{
	unsigned i;

	*text = '\0';
	if (id->ignored)
		strcpy(text, "*\n");
	for (i = 1; i < id->accepted && !id->ignored; i++)
		text += sprintf(text, "%s\n", id->marks[i].value);
}
