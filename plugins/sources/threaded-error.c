/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/url.h"
#include "sources/threaded-error.h"

void
blocking_fault(
    struct fault *f, enum fault_kind kind, int status, const char *format, ...)
{
	va_list ap;

	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->status = status;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
}

static const struct blocking_error common[] = {
    {ENOENT, FAULT_REQUEST, EX_NOINPUT, CAUSE_MISSING,
	"no such file, directory or share on the server"},
    {ENOTDIR, FAULT_REQUEST, EX_NOINPUT, CAUSE_MISSING,
	"no such file, directory or share on the server"},
    {ENODEV, FAULT_REQUEST, EX_NOINPUT, CAUSE_MISSING,
	"no such share on the server"},
    {EROFS, FAULT_REQUEST, EX_NOPERM, CAUSE_FORBIDDEN,
	"it is read-only on the server"},
    {ENOSPC, FAULT_REQUEST, EX_IOERR, CAUSE_SERVER,
	"no space left on the server"},
    {EISDIR, FAULT_REQUEST, EX_DATAERR, CAUSE_NOT_IMAGE, "it is a directory"},
    {0, FAULT_TRANSIENT, 0, CAUSE_USUAL, NULL},
};

static const struct blocking_error *
find_error(const struct blocking_error *table, int error)
{
	while (table->error != 0 && table->error != error)
		table++;
	return table;
}

void
blocking_fault_of(const struct blocking_error *table, int error,
    const char *what, const char *text, struct fault *f)
{
	const struct blocking_error *found = find_error(table, error);

	if (found->error == 0)
		found = find_error(common, error);
	if (found->error != 0) {
		blocking_fault(
		    f, found->kind, found->status, "%s", found->text);
		f->cause = found->cause;
	} else {
		blocking_fault(f, FAULT_TRANSIENT, EX_UNAVAILABLE,
		    "unable to %s: %s", what, text);
		f->cause = CAUSE_UNREACHABLE;
	}
}

int
blocking_take_url(const char *url, struct url_parts *parts, struct fault *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int error;

	if (url_split(url, parts) == -1) {
		blocking_fault(why, FAULT_REQUEST, EX_USAGE,
		    "not a valid URL (it has no host, or a port above 65535)");
		return -1;
	}
	error = getaddrinfo(parts->host, NULL, &hints, &found);
	if (error == 0) {
		freeaddrinfo(found);
		return 0;
	}
	blocking_fault(why,
	    error == EAI_AGAIN ? FAULT_TRANSIENT : FAULT_REQUEST, EX_NOHOST,
	    "Could not resolve host: %s",
	    url_is_ambiguous(url) ? URL_AMBIGUOUS_HINT : parts->host);
	url_parts_free(parts);
	return -1;
}
