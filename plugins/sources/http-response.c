/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "sources/http-response.h"

/* A piece of a header line, without a NUL. */
struct text {
	const char *at;
	size_t len;
};

static bool
text_is(struct text t, const char *word)
{
	return t.len == strlen(word) && strncasecmp(t.at, word, t.len) == 0;
}

static bool
text_begins(struct text t, const char *word)
{
	return t.len >= strlen(word) &&
	       strncasecmp(t.at, word, strlen(word)) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct text
text_trim(struct text t)
{
	while (t.len > 0 && is_blank(t.at[0])) {
		t.at++;
		t.len--;
	}
	while (t.len > 0 && is_blank(t.at[t.len - 1]))
		t.len--;
	return t;
}

/* Take digits off the front of t. */
static bool
text_take_number(struct text *t, uint64_t *out)
{
	uint64_t value = 0;
	size_t n;

	for (n = 0; n < t->len && t->at[n] >= '0' && t->at[n] <= '9'; n++) {
		unsigned digit = t->at[n] - '0';

		if (value > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (n == 0)
		return false;
	t->at += n;
	t->len -= n;
	*out = value;
	return true;
}

static bool
text_take_char(struct text *t, char c)
{
	if (t->len == 0 || t->at[0] != c)
		return false;
	t->at++;
	t->len--;
	return true;
}

/* RFC 9110 section 14.4: "bytes 0-99/1234"; range or total may be "*". */
static void
parse_content_range(struct http_answer *a, struct text t)
{
	a->has_range = a->no_total = a->has_size = false;
	a->bad_range = true;
	if (t.len < 6 || strncasecmp(t.at, "bytes", 5) != 0 ||
	    !is_blank(t.at[5]))
		return;
	t = text_trim((struct text){t.at + 5, t.len - 5});
	if (text_take_char(&t, '*')) {
		/* The server lacks the range, and sends only the size. */
		if (!text_take_char(&t, '/') ||
		    !text_take_number(&t, &a->total) || t.len > 0)
			return;
		a->has_size = true;
		a->bad_range = false;
		return;
	}
	if (!text_take_number(&t, &a->first) || !text_take_char(&t, '-') ||
	    !text_take_number(&t, &a->last) || !text_take_char(&t, '/'))
		return;
	if (text_is(t, "*")) {
		a->no_total = true;
		a->total = 0;
	} else if (!text_take_number(&t, &a->total) || t.len > 0 ||
		   a->last >= a->total) {
		return;
	}
	if (a->first > a->last)
		return;
	a->has_range = true;
	a->bad_range = false;
}

/* A value that is too long, or has control characters, counts as missing. */
static void
keep_value(char out[HTTP_VALUE_MAX], struct text t)
{
	size_t i;

	out[0] = '\0';
	if (t.len >= HTTP_VALUE_MAX)
		return;
	for (i = 0; i < t.len; i++)
		if ((unsigned char)t.at[i] < 0x20 || t.at[i] == 0x7f)
			return;
	memcpy(out, t.at, t.len);
	out[t.len] = '\0';
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Add the name of a login scheme, unless it is in the list already, or there is
 * no room. */
static void
keep_login(struct http_answer *a, const char *name, size_t len)
{
	size_t used = strlen(a->logins);
	const char *p;

	for (p = a->logins; *p != '\0'; p += strspn(p, ", ")) {
		if (strcspn(p, ",") == len && strncasecmp(p, name, len) == 0)
			return;
		p += strcspn(p, ",");
	}
	if (used + 2 + len >= sizeof(a->logins))
		return;
	if (used > 0) {
		strcpy(a->logins + used, ", ");
		used += 2;
	}
	memcpy(a->logins + used, name, len);
	a->logins[used + len] = '\0';
}

/*
 * RFC 9110 section 11.6.1: a list of challenges, each a scheme and parameters.
 * Commas separate both challenges and parameters, but "=" follows only the name
 * of a parameter. Quoted text is skipped.
 */
static void
parse_logins(struct http_answer *a, struct text t)
{
	size_t i = 0, begun;

	while (i < t.len) {
		while (i < t.len && (is_blank(t.at[i]) || t.at[i] == ','))
			i++;
		for (begun = i; i < t.len && is_letter(t.at[i]);)
			i++;
		if (i > begun &&
		    (i == t.len || is_blank(t.at[i]) || t.at[i] == ','))
			keep_login(a, t.at + begun, i - begun);
		/* The next word may be the scheme's first parameter. */
		if (i > begun && i < t.len && is_blank(t.at[i]))
			continue;
		for (; i < t.len && t.at[i] != ','; i++)
			if (t.at[i] == '"')
				for (i++; i < t.len && t.at[i] != '"'; i++)
					i += t.at[i] == '\\';
	}
}

/* Parse "HTTP/1.1 206 Partial Content". */
static void
parse_status_line(struct http_answer *a, struct text t)
{
	size_t bytes = a->header_bytes;
	uint64_t status;

	http_answer_init(a);
	a->header_bytes = bytes;
	while (t.len > 0 && !is_blank(t.at[0])) {
		t.at++;
		t.len--;
	}
	t = text_trim(t);
	if (text_take_number(&t, &status) && status <= 999)
		a->status = (int)status;
}

static void
take_length(struct http_answer *a, struct text t)
{
	a->has_length = text_take_number(&t, &a->length) && t.len == 0;
	a->bad_length = !a->has_length;
}

static void
take_type(struct http_answer *a, struct text t)
{
	a->is_html = text_begins(t, "text/html");
	a->is_multipart = text_begins(t, "multipart/");
}

void
http_answer_init(struct http_answer *a)
{
	memset(a, 0, sizeof(*a));
}

int
http_answer_line(struct http_answer *a, const char *line, size_t len)
{
	struct text name = {line, len}, value;
	const char *colon;

	a->header_bytes += len;
	if (a->header_bytes > HTTP_HEADER_MAX)
		return -1;
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		parse_status_line(a, name);
		return 0;
	}
	colon = memchr(line, ':', len);
	if (colon == NULL)
		return 0;
	name.len = colon - line;
	value = text_trim((struct text){colon + 1, len - name.len - 1});
	if (text_is(name, "content-range"))
		parse_content_range(a, value);
	else if (text_is(name, "content-length"))
		take_length(a, value);
	else if (text_is(name, "content-encoding"))
		a->is_encoded = value.len > 0 && !text_is(value, "identity");
	else if (text_is(name, "content-type"))
		take_type(a, value);
	else if (text_is(name, "www-authenticate"))
		parse_logins(a, value);
	else if (text_is(name, "etag"))
		keep_value(a->etag, value);
	else if (text_is(name, "last-modified"))
		keep_value(a->last_modified, value);
	return 0;
}

enum http_validator
http_answer_validator(
    const struct http_answer *a, char text[HTTP_VALUE_MAX], bool *weak)
{
	enum http_validator kind = HTTP_NONE;
	const char *value = "none";

	if (a->etag[0] == '"' || strncmp(a->etag, "W/\"", 3) == 0) {
		kind = HTTP_ETAG;
		value = a->etag;
	} else if (a->last_modified[0] != '\0') {
		kind = HTTP_DATE;
		value = a->last_modified;
	}
	*weak = value[0] != '"';
	strcpy(text, value);
	return kind;
}
