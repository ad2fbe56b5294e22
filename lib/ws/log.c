/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>

#include "ws/log.h"

void
ws_log(const char *peer, const char *format, ...)
{
	char line[1024], *c;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	warnx("%s%s%s", peer, *peer != '\0' ? ": " : "", line);
}
