/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "base/base64.h"
#include "tus/metadata.h"

/* A key of the header, and its value. */
struct pair {
	const char *key, *value;
	size_t key_len, value_len;
};

/* Take the next pair, and move *at behind it: NULL after the last pair. */
static void
next(const char **at, struct pair *p)
{
	const char *begin = *at + strspn(*at, " "), *end, *space;

	end = begin + strcspn(begin, ",");
	*at = *end == ',' ? end + 1 : NULL;
	while (end > begin && end[-1] == ' ')
		end--;
	space = memchr(begin, ' ', (size_t)(end - begin));
	p->key = begin;
	p->key_len = (size_t)((space != NULL ? space : end) - begin);
	p->value = space != NULL ? space + 1 : end;
	p->value_len = (size_t)(end - p->value);
}

static bool
is_key(const struct pair *p)
{
	size_t i;

	for (i = 0; i < p->key_len; i++)
		if (p->key[i] <= ' ' || p->key[i] > '~')
			return false;
	return p->key_len > 0;
}

static bool
is_same_key(const struct pair *a, const char *key, size_t len)
{
	return a->key_len == len && memcmp(a->key, key, len) == 0;
}

/* Does an earlier pair of the header have the same key? */
static bool
is_repeated(const char *header, const struct pair *p)
{
	const char *at = header;
	struct pair before;

	while (at != NULL) {
		next(&at, &before);
		if (before.key == p->key)
			return false;
		if (is_same_key(&before, p->key, p->key_len))
			return true;
	}
	return false;
}

const char *
tus_metadata_check(const char *header)
{
	char value[TUS_METADATA_MAX];
	const char *at = header;
	struct pair p;

	if (strlen(header) > TUS_METADATA_MAX)
		return "Upload-Metadata has more than 4096 bytes.";
	while (at != NULL) {
		next(&at, &p);
		if (!is_key(&p))
			return "A key of Upload-Metadata is empty, or has "
			       "other "
			       "than visible ASCII characters.";
		if (base64_decode_bytes(
			value, sizeof(value), p.value, p.value_len) == -1)
			return "A value of Upload-Metadata is no base64.";
		if (is_repeated(header, &p))
			return "A key of Upload-Metadata is there twice.";
	}
	return NULL;
}

bool
tus_metadata_get(const char *header, const char *key, char *value, size_t size,
    bool *is_there)
{
	const char *at = header;
	struct pair p;
	int len;

	*is_there = false;
	value[0] = '\0';
	while (at != NULL && !*is_there) {
		next(&at, &p);
		*is_there = is_same_key(&p, key, strlen(key));
	}
	if (!*is_there)
		return false;
	len = base64_decode_bytes(value, size - 1, p.value, p.value_len);
	value[len > 0 ? len : 0] = '\0';
	if (len != -1 && strlen(value) == (size_t)len)
		return true;
	value[0] = '\0';
	return false;
}
