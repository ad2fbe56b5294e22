/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "identity.h"

static const char key[] = "\nvalidator: ";

/* What follows the marks of a weak validator. */
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
