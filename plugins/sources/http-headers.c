/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "base/secret.h"
#include "sources/http-headers.h"

#define LINE_MAX_LEN 8192 /* bytes: no server takes a longer line */

/* The characters of a token (RFC 9110 section 5.6.2). */
static const char token[] = "!#$%&'*+-.^_`|~0123456789"
			    "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* Users must not set these fields: we set them, or they change the bytes of
 * answers. */
static bool
is_ours(const char *name, size_t len)
{
	static const char *const names[] = {"Range", "If-Range", "If-Match",
	    "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Host",
	    "Connection", "Content-Length", "Transfer-Encoding", "TE",
	    "Accept-Encoding"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len &&
		    strncasecmp(names[i], name, len) == 0)
			return true;
	return false;
}

static int
refuse(struct fault *why, unsigned number, const char *reason)
{
	why->kind = FAULT_REQUEST;
	why->status = EX_DATAERR;
	why->cause = CAUSE_USAGE;
	snprintf(why->text, sizeof(why->text), "line %u of the headers %s",
	    number, reason);
	return -1;
}

/* Add a line, which has no line end. */
static int
add(struct curl_slist **list, const char *line, unsigned number,
    struct fault *why)
{
	size_t len = strspn(line, token);
	struct curl_slist *longer;
	const char *p;

	if (len == 0 || line[len] != ':')
		return refuse(why, number, "is not NAME: VALUE");
	if (is_ours(line, len))
		return refuse(why, number, "names a field that is set by us");
	for (p = line + len; *p != '\0'; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return refuse(why, number, "has control characters");
	if (line[len + 1 + strspn(line + len + 1, " \t")] == '\0')
		return refuse(why, number, "has no value");
	longer = curl_slist_append(*list, line);
	if (longer == NULL)
		return refuse(why, number, "needs more memory");
	*list = longer;
	return 0;
}

int
http_headers_parse(const char *text, struct curl_slist **out, struct fault *why)
{
	char line[LINE_MAX_LEN];
	unsigned number = 1;
	int result = 0;
	size_t len;

	*out = NULL;
	for (; *text != '\0' && result == 0; number++) {
		len = strcspn(text, "\n");
		if (len >= sizeof(line)) {
			result = refuse(why, number, "is too long");
			break;
		}
		memcpy(line, text, len);
		text += len + (text[len] == '\n');
		if (len > 0 && line[len - 1] == '\r')
			len--;
		line[len] = '\0';
		if (len > 0)
			result = add(out, line, number, why);
	}
	explicit_bzero(line, sizeof(line));
	if (result == 0)
		return 0;
	http_headers_free(*out);
	*out = NULL;
	return -1;
}

void
http_headers_free(struct curl_slist *list)
{
	struct curl_slist *s;

	for (s = list; s != NULL; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	curl_slist_free_all(list);
}
