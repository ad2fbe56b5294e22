/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "ws/handshake.h"
#include "http/headers.h"

/* --- words ---------------------------------------------------------------- */

/* RFC 9110 section 5.6.2. */
static bool
is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
ws_is_token(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!is_token_char((unsigned char)word[i]))
			return false;
	return len > 0;
}

const char *
ws_list_next(const char **at, size_t *len)
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

static bool
has_token(const char *list, const char *token)
{
	const char *element;
	size_t len;

	while (list != NULL && (element = ws_list_next(&list, &len)) != NULL)
		if (len == strlen(token) &&
		    strncasecmp(element, token, len) == 0)
			return true;
	return false;
}

/* Is each element a token, as a subprotocol must be? */
static bool
is_list_of_tokens(const char *list)
{
	const char *element;
	size_t len, count = 0;

	while ((element = ws_list_next(&list, &len)) != NULL) {
		count++;
		if (!ws_is_token(element, len))
			return false;
	}
	return count > 0;
}

/* --- lines ---------------------------------------------------------------- */

char *
ws_line_next(char **at, const char *end)
{
	char *line = *at, *c;

	c = memmem(line, (size_t)(end - line), "\r\n", 2);
	if (c == NULL)
		return NULL;
	*at = c + 2;
	*c = '\0';
	/* No NUL, no bare CR or LF, no control character but a tab. */
	if (strlen(line) != (size_t)(c - line))
		return NULL;
	for (c = line; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return NULL;
	return line;
}

/* "Name: value" into both; false where it is none. */
static bool
split(char *line, char **value)
{
	char *colon = strchr(line, ':'), *end;

	/* So that neither a folded line nor a space before the colon passes. */
	if (colon == NULL || !ws_is_token(line, (size_t)(colon - line)))
		return false;
	*colon = '\0';
	*value = colon + 1 + strspn(colon + 1, " \t");
	for (end = *value + strlen(*value);
	     end > *value && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	return true;
}

/* One of those that may be there once, or is of no interest. */
static const char *
take_once(const struct ws_header *h, const char *name, const char *value)
{
	for (; h->name != NULL; h++) {
		if (strcasecmp(name, h->name) != 0)
			continue;
		if (*h->value != NULL)
			return "a header twice";
		*h->value = value;
	}
	return NULL;
}

static const char *
take_header(struct ws_headers *h, const char *name, const char *value)
{
	if (strcasecmp(name, "Upgrade") == 0) {
		h->upgrades = h->upgrades || has_token(value, "websocket");
		return NULL;
	}
	if (strcasecmp(name, "Connection") == 0) {
		h->is_upgrade = h->is_upgrade || has_token(value, "upgrade");
		return NULL;
	}
	/* Each proxy may add one: that of the one before us is the last. */
	if (strcasecmp(name, "X-Forwarded-For") == 0) {
		if (h->forwarded != NULL)
			*h->forwarded = value;
		return NULL;
	}
	if (strcasecmp(name, "Sec-WebSocket-Protocol") != 0)
		return take_once(h->known, name, value);
	if (h->protocol_count == WS_PROTOCOLS_MAX || !is_list_of_tokens(value))
		return "subprotocols that are none";
	h->protocols[h->protocol_count++] = value;
	return NULL;
}

const char *
ws_headers_take(struct ws_headers *h, char *at, const char *end)
{
	const char *wrong = NULL;
	char *line, *value;

	while ((line = ws_line_next(&at, end)) != NULL && *line != '\0') {
		if (!split(line, &value))
			return "a header that is none";
		wrong = take_header(h, line, value);
		if (wrong != NULL)
			return wrong;
	}
	return line == NULL || at != end ? "a line that is none" : NULL;
}
