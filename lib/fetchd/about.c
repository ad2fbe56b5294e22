/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "fetchd/about.h"
#include "unix/atomic-file.h"

int
about_write(const struct supervisor *s, struct failure *why)
{
	const char *path = s->parameters->about_path;
	const struct compression *c = s->compression;
	bool has_sum = s->sum[0] != '\0';
	char *text;
	int result;

	if (path == NULL)
		return 0;
	if (asprintf(&text, "%s%s%s%s%s", s->identity,
		has_sum ? "\nsha256: " : "", s->sum,
		c != NULL ? "\ncompressed: " : "",
		c != NULL ? c->name : "") == -1)
		return fail_errno(why, EX_OSERR, "unable to write %s", path);
	result = replace_file(path, text, strlen(text));
	free(text);
	return result == 0
		   ? 0
		   : fail_errno(why, EX_CANTCREAT, "unable to write %s", path);
}
