/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "url.h"

char *
url_for_show(const char *url)
{
	char *shown = strdup(url), *host, *at, *end;

	if (shown == NULL)
		return NULL;
	shown[strcspn(shown, "?#")] = '\0';
	host = strstr(shown, "://");
	if (host != NULL) {
		host += 3;
		end = host + strcspn(host, "/");
		/* A password may hold an '@': the last one ends it. */
		for (at = end; at > host && at[-1] != '@'; at--)
			;
		if (at > host)
			memmove(host, at, strlen(at) + 1);
	}
	for (end = shown; *end != '\0'; end++)
		if ((unsigned char)*end <= 0x20 || *end == 0x7f)
			*end = '?';
	return shown;
}
