/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "http/basic.h"

bool
basic_take(const char *header, char *buf, size_t size, const char **user,
    const char **password)
{
	char *colon;

	if (strncasecmp(header, "Basic ", 6) != 0)
		return false;
	header += 6 + strspn(header + 6, " ");
	if (base64_decode(buf, size, header) == -1)
		return false;
	colon = strchr(buf, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	*user = buf;
	*password = colon + 1;
	return true;
}
