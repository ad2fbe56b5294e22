/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Functions that the modes and the good answer share.
 */
#include "hostile.h"

#include <err.h>
#include <stdarg.h>
#include <string.h>

#include "base/number.h"

uint64_t
number(const char *text)
{
	uint64_t n = 0;

	if (number_parse(text, 0, INT32_MAX, &n) == -1)
		warn("unable to use the argument %s", text);
	return n;
}

void
add_header(struct exchange *x, const char *format, ...)
{
	size_t len = strlen(x->extra);
	va_list ap;

	if (len >= sizeof(x->extra) - 2)
		return;
	va_start(ap, format);
	vsnprintf(x->extra + len, sizeof(x->extra) - len - 2, format, ap);
	va_end(ap);
	strcat(x->extra, "\r\n");
}

void
answer_status(struct exchange *x, int status)
{
	x->status = status;
	x->text = "This is not the image.\n";
	x->first = 0;
	x->content_length = x->body_size = strlen(x->text);
	x->flags |= NO_CONTENT_RANGE;
}

void
answer_redirect(struct exchange *x, const char *base, const char *rest)
{
	answer_status(x, 302);
	add_header(x, "Location: %s%s", base, rest);
}

void
answer_416(struct exchange *x)
{
	answer_status(x, 416);
	add_header(x, "Content-Range: bytes */%jd", (intmax_t)x->size);
}
