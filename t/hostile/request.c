/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Read a request.
 */
#include "hostile.h"

#include <string.h>
#include <strings.h>

static const char *const header_names[NHEADERS] = {"Authorization",
    "Connection", "Cookie", "If-Match", "If-Range", "If-Unmodified-Since",
    "Range", "X-Token"};

/* Decode base64 (RFC 4648 section 4) up to its padding; truncate it to out's
 * size. */
static void
decode_base64(const char *text, char *out, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *digit;
	unsigned bits = 0;
	int have = 0;
	size_t n = 0;

	for (; *text != '\0' && (digit = strchr(digits, *text)) != NULL;
	     text++) {
		bits = bits << 6 | (unsigned)(digit - digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n < size - 1)
			out[n++] = (char)(bits >> have & 0xff);
	}
	out[n] = '\0';
}

static void
take_header(struct exchange *x, char *line)
{
	char *value = strchr(line, ':');
	int i;

	if (value == NULL)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	for (i = 0; i < NHEADERS; i++)
		if (strcasecmp(line, header_names[i]) == 0)
			snprintf(
			    x->header[i], sizeof(x->header[i]), "%s", value);
}

bool
read_request(struct exchange *x)
{
	char line[LINE_SIZE], *path;

	if (fgets(line, sizeof(line), x->in) == NULL ||
	    sscanf(line, "%15s %4095s HTTP/1.", x->method, x->target) != 2)
		return false;
	while (fgets(line, sizeof(line), x->in) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0') {
			take_header(x, line);
			continue;
		}
		/* A client of a proxy sends the whole URL. */
		if (strncmp(x->target, "http://", 7) == 0 &&
		    (path = strchr(x->target + 7, '/')) != NULL)
			memmove(x->target, path, strlen(path) + 1);
		if (strncasecmp(x->header[AUTHORIZATION], "Basic ", 6) == 0)
			decode_base64(x->header[AUTHORIZATION] + 6,
			    x->credentials, sizeof(x->credentials));
		return x->target[0] == '/' &&
		       (strcmp(x->method, "GET") == 0 ||
			   strcmp(x->method, "HEAD") == 0);
	}
	return false;
}
