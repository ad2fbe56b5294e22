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
#include "unix/allow-hosts.h"

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

/*
 * Replace the host by the first of these addresses that is allowed; a host that
 * the list names keeps its name. Returns 0 or -1 with *why.
 */
static int
pin_host(const char *list, const struct addrinfo *found,
    struct url_parts *parts, struct fault *why)
{
	char shown[ALLOW_HOSTS_SHOWN], *host;

	if (list == NULL || allow_hosts_names(list, parts->host))
		return 0;
	allow_hosts_show(found->ai_addr, shown);
	for (; found != NULL; found = found->ai_next) {
		if (!allow_hosts_reach(list, parts->host, found->ai_addr))
			continue;
		allow_hosts_show(found->ai_addr, shown);
		host = strdup(shown);
		if (host == NULL) {
			blocking_fault(
			    why, FAULT_REQUEST, EX_OSERR, "out of memory");
			return -1;
		}
		free(parts->host);
		parts->host = host;
		return 0;
	}
	blocking_fault(why, FAULT_REQUEST, EX_NOPERM,
	    "allow-hosts does not allow connections to %s", shown);
	why->cause = CAUSE_FORBIDDEN;
	return -1;
}

int
blocking_take_url(const struct source_config *config, struct url_parts *parts,
    struct fault *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	const char *url = config->url;
	int error;

	if (url_split(url, parts) == -1) {
		blocking_fault(why, FAULT_REQUEST, EX_USAGE,
		    "not a valid URL (it has no host, or a port above 65535)");
		return -1;
	}
	error = getaddrinfo(parts->host, NULL, &hints, &found);
	if (error == 0) {
		error = pin_host(config->allow_hosts, found, parts, why);
		freeaddrinfo(found);
		if (error == -1)
			url_parts_free(parts);
		return error;
	}
	blocking_fault(why,
	    error == EAI_AGAIN ? FAULT_TRANSIENT : FAULT_REQUEST, EX_NOHOST,
	    "Could not resolve host: %s",
	    url_is_ambiguous(url) ? URL_AMBIGUOUS_HINT : parts->host);
	url_parts_free(parts);
	return -1;
}
