/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The answer of a good server, and how the modes spoil it.
 */
#include "hostile.h"

#include <string.h>

static const char login_page[] =
    "<!DOCTYPE html>\n<title>Sign in</title>\n<form>Password: <input></form>\n";

/* RFC 9110 sections 13.1.1 and 13.1.4. A date must be exactly equal. */
static bool
conditions_hold(const struct exchange *x)
{
	const char *match = x->header[IF_MATCH];
	const char *since = x->header[IF_UNMODIFIED_SINCE];

	if (*match != '\0')
		return strcmp(match, "*") == 0 ||
		       (x->etag != NULL && x->etag[0] == '"' &&
			   strcmp(match, x->etag) == 0);
	return *since == '\0' || x->modified == NULL ||
	       strcmp(since, x->modified) == 0;
}

/* Does Range apply at all? RFC 9110 sections 13.1.5 and 14.2. */
static bool
range_applies(const struct exchange *x)
{
	const char *want = x->header[IF_RANGE];
	const char *have = want[0] == '"' ? x->etag : x->modified;

	if ((x->flags & IGNORE_RANGE) || strcmp(x->method, "GET") != 0)
		return false;
	return *want == '\0' || (have != NULL && strcmp(want, have) == 0);
}

/* Parse a single range of bytes (RFC 9110 section 14.1.2). Return the
 * status. */
static int
parse_range(const char *text, off_t size, off_t *first, off_t *last)
{
	intmax_t from, to;
	int n = sscanf(text, "bytes=%jd-%jd", &from, &to);

	if (n < 1 || strchr(text, ',') != NULL)
		return 200;
	if (n == 1)
		to = size - 1;
	if (from < 0) /* the last bytes: "-500" */
		from = -from < size ? size + from : 0;
	if (from >= size)
		return 416;
	if (to < from)
		return 200;
	*first = from;
	*last = to < size ? to : size - 1;
	return 206;
}

static void
answer_well(struct exchange *x)
{
	x->status = 200;
	x->first = 0;
	x->last = x->size - 1;
	if (!(x->flags & IGNORE_CONDITIONS) && !conditions_hold(x)) {
		answer_status(x, 412);
		return;
	}
	if (range_applies(x))
		x->status =
		    parse_range(x->header[RANGE], x->size, &x->first, &x->last);
	if (x->status == 416)
		answer_416(x);
	else
		x->content_length = x->body_size = x->last - x->first + 1;
}

void
make_answer(struct exchange *x)
{
	bool found;

	x->count = log_count(x->target);
	found = find_calls(x);
	x->size = image_size;
	if (x->flags & LOGIN_PAGE) {
		x->text = login_page;
		x->size = strlen(login_page);
	}
	if (x->flags & EMPTY)
		x->size = 0;
	x->etag = x->flags & NO_ETAG ? NULL : "\"first\"";
	x->modified = x->flags & NO_LAST_MODIFIED
			  ? NULL
			  : "Thu, 01 Jan 2026 00:00:00 GMT";
	run_calls(x, BEFORE);
	answer_well(x);
	if (!found)
		answer_status(x, 404);
	run_calls(x, 0);

	if (x->flags & MULTIPART)
		x->content_length += sizeof(PART_HEAD) - 1;
	if (x->flags & HALF_BODY)
		x->body_size -= x->body_size / 2; /* never 0 */
	if (x->flags & SHORT_LENGTH)
		x->content_length = x->body_size /= 2;
	if (x->flags & LONG_LENGTH)
		x->content_length = x->body_size += ODD_BYTES;
	if (x->flags & EXTRA_BODY)
		x->body_size += ODD_BYTES;
	if (strcmp(x->method, "HEAD") == 0)
		x->body_size = 0;
	if (x->flags & SILENT)
		x->status = 0;
}
