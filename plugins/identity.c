/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "identity.h"

static const char key[] = "\nvalidator: ";

/* Returns the validator without the marks of a weak one. */
static const char *
skip_weakness(const char *validator)
{
	if (strncmp(validator, "weak ", 5) == 0)
		validator += 5;
	if (strncmp(validator, "W/\"", 3) == 0)
		validator += 2;
	return validator;
}

bool
identity_is_same(const char *a, const char *b)
{
	const char *x = strstr(a, key), *y = strstr(b, key);

	if (x == NULL || y == NULL)
		return strcmp(a, b) == 0;
	return x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0 &&
	       strcmp(skip_weakness(x + sizeof(key) - 1),
		   skip_weakness(y + sizeof(key) - 1)) == 0;
}

bool
identity_is_adopted(const char *a, const char *b, const char *lines)
{
	const char *x = strstr(a, key), *y = strstr(b, key), *end;
	size_t len;

	if (x == NULL || y == NULL || lines == NULL || x - a != y - b ||
	    memcmp(a, b, (size_t)(x - a)) != 0)
		return false;
	y = skip_weakness(y + sizeof(key) - 1);
	len = strlen(y);
	for (; (end = strchr(lines, '\n')) != NULL; lines = end + 1)
		if (strncmp(lines, "*\n", 2) == 0 ||
		    ((size_t)(end - lines) == len &&
			memcmp(lines, y, len) == 0))
			return true;
	return false;
}
