/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"

int
fail(struct failure *f, int status, const char *format, ...)
{
	va_list ap;

	f->status = status;
	f->cause = CAUSE_USUAL;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
	return -1;
}

int
fail_because(
    struct failure *f, enum cause cause, int status, const char *format, ...)
{
	va_list ap;

	f->status = status;
	f->cause = cause;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
	return -1;
}

int
fail_errno(struct failure *f, int status, const char *format, ...)
{
	const char *reason = strerror(errno);
	va_list ap;
	size_t used;

	f->status = status;
	f->cause = CAUSE_USUAL;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
	used = strlen(f->text);
	snprintf(f->text + used, sizeof(f->text) - used, ": %s", reason);
	return -1;
}
