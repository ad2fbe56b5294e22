/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "http/headers.h"

/* --- words ---------------------------------------------------------------- */

/* May a token have this character (RFC 9110 section 5.6.2)? */
static bool
is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
http_is_token(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!is_token_char((unsigned char)word[i]))
			return false;
	return len > 0;
}

const char *
http_list_next(const char **at, size_t *len)
{
	const char *begin = *at + strspn(*at, ", \t"), *end;

	if (*begin == '\0')
		return NULL;
	end = begin + strcspn(begin, ",");
	*at = end;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*len = (size_t)(end - begin);
	return begin;
}

bool
http_list_has(const char *list, const char *element)
{
	const char *found;
	size_t len;

	while ((found = http_list_next(&list, &len)) != NULL)
		if (len == strlen(element) &&
		    strncasecmp(found, element, len) == 0)
			return true;
	return false;
}

/* --- lines ---------------------------------------------------------------- */

size_t
http_block_length(const char *buf, size_t len)
{
	const char *end = memmem(buf, len, "\r\n\r\n", 4);

	return end != NULL ? (size_t)(end - buf) + 4 : 0;
}

char *
http_line_next(char **at, const char *end)
{
	char *line = *at, *c;

	c = memmem(line, (size_t)(end - line), "\r\n", 2);
	if (c == NULL)
		return NULL;
	*at = c + 2;
	*c = '\0';
	/* Refuse NUL, bare CR or LF, and any control character except a tab. */
	if (strlen(line) != (size_t)(c - line))
		return NULL;
	for (c = line; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return NULL;
	return line;
}

/* Split "Name: value". Returns false if the line is not a header. */
static bool
split(char *line, char **value)
{
	char *colon = strchr(line, ':'), *end;

	/* A folded line, or a space before the colon, fails here. */
	if (colon == NULL || !http_is_token(line, (size_t)(colon - line)))
		return false;
	*colon = '\0';
	*value = colon + 1 + strspn(colon + 1, " \t");
	for (end = *value + strlen(*value);
	     end > *value && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	return true;
}

const char *
http_header_take(
    const struct http_header *known, const char *name, const char *value)
{
	for (; known->name != NULL; known++) {
		if (strcasecmp(name, known->name) != 0)
			continue;
		if (*known->value != NULL)
			return "a repeated header";
		*known->value = value;
	}
	return NULL;
}

const char *
http_headers_each(char *at, const char *end,
    const char *(*take)(void *ctx, const char *name, const char *value),
    void *ctx)
{
	const char *wrong;
	char *line, *value;

	while ((line = http_line_next(&at, end)) != NULL && *line != '\0') {
		if (!split(line, &value))
			return "a malformed header";
		wrong = take(ctx, line, value);
		if (wrong != NULL)
			return wrong;
	}
	return line == NULL || at != end ? "a malformed line" : NULL;
}
