/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upload/upload.h"

bool
upload_refuse(struct upload *u, int status, const char *format, ...)
{
	va_list ap;

	u->status = status;
	va_start(ap, format);
	vsnprintf(u->error, sizeof(u->error), format, ap);
	va_end(ap);
	return false;
}

void
upload_free(struct upload *u)
{
	explicit_bzero(&u->credentials, sizeof(u->credentials));
	free(u->text);
	u->text = NULL;
}
