/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <sysexits.h>

#include "base/cause.h"

static const char *const words[CAUSES] = {[CAUSE_USUAL] = "",
    [CAUSE_NAME] = "name",
    [CAUSE_UNREACHABLE] = "unreachable",
    [CAUSE_TLS] = "tls",
    [CAUSE_CREDENTIALS] = "credentials",
    [CAUSE_FORBIDDEN] = "forbidden",
    [CAUSE_MISSING] = "missing",
    [CAUSE_RANGES] = "ranges",
    [CAUSE_SERVER] = "server",
    [CAUSE_NOT_IMAGE] = "not-image",
    [CAUSE_TOO_LARGE] = "too-large",
    [CAUSE_TYPE] = "type",
    [CAUSE_BUSY] = "busy",
    [CAUSE_LOCKED] = "locked",
    [CAUSE_TIMEOUT] = "timeout",
    [CAUSE_CHANGED] = "changed",
    [CAUSE_USAGE] = "usage",
    [CAUSE_INTERNAL] = "internal"};

static enum cause
usual(int status)
{
	switch (status) {
	case EX_USAGE:
		return CAUSE_USAGE;
	case EX_DATAERR:
		return CAUSE_NOT_IMAGE;
	case EX_NOINPUT:
		return CAUSE_MISSING;
	case EX_NOHOST:
		return CAUSE_NAME;
	case EX_TEMPFAIL:
		return CAUSE_BUSY;
	case EX_PROTOCOL:
		return CAUSE_SERVER;
	case EX_NOPERM:
		return CAUSE_FORBIDDEN;
	default:
		return CAUSE_INTERNAL;
	}
}

const char *
cause_word(enum cause cause, int status)
{
	if (cause <= CAUSE_USUAL || cause >= CAUSES)
		cause = usual(status);
	return words[cause];
}

enum cause
cause_find(const char *word)
{
	int i;

	for (i = CAUSE_USUAL + 1; i < CAUSES; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum cause)i;
	return CAUSE_USUAL;
}

int
cause_of_line(const char *line)
{
	size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz-");

	if (len == 0 ||
	    strncmp(line + len, CAUSE_LINE, strlen(CAUSE_LINE)) != 0)
		return -1;
	return (int)cause_find(line + len + strlen(CAUSE_LINE));
}
