/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "fetchd/renewal.h"

int
renewal_add(char *buf, size_t room, const char *name, const char *value)
{
	size_t used = strlen(buf);
	int n = snprintf(buf + used, room - used, "%s %zu\n%s\n", name,
	    strlen(value), value);

	if (n >= 0 && (size_t)n < room - used)
		return 0;
	explicit_bzero(buf + used, room - used);
	errno = ENOBUFS;
	return -1;
}

bool
renewal_next(char **rest, const char **name, const char **value)
{
	char *space = strchr(*rest, ' '), *line, *end;
	uint64_t len;

	line = space != NULL ? strchr(space, '\n') : NULL;
	if (line == NULL)
		return false;
	*space = *line = '\0';
	if (number_parse(space + 1, 0, strlen(line + 1), &len) == -1)
		return false;
	end = line + 1 + len;
	if (*end != '\n')
		return false;
	*end = '\0';
	*name = *rest;
	*value = line + 1;
	*rest = end + 1;
	return true;
}
