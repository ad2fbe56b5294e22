/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "url.h"

/*
 * Where user and password end and the host begins, in what follows "://". A
 * password may hold an '@', so the last one ends it. One that holds a '/'
 * and should not makes an authority like "user:pass", with no port that is a
 * number: then it may end anywhere.
 */
static char *
skip_userinfo(char *rest)
{
	char *end = rest + strcspn(rest, "/"), *at = end, *port;

	while (at > rest && at[-1] != '@')
		at--;
	port = memchr(rest, ':', end - rest);
	if (at > rest || *rest == '[' || port == NULL ||
	    port + 1 + strspn(port + 1, "0123456789") == end)
		return at;
	at = strrchr(rest, '@');
	return at != NULL ? at + 1 : rest + strlen(rest);
}

char *
url_for_show(const char *url)
{
	char *shown = strdup(url), *rest, *p;

	if (shown == NULL)
		return NULL;
	rest = strstr(shown, "://");
	if (rest != NULL && rest < shown + strcspn(shown, "?#")) {
		rest += 3;
		rest[strcspn(rest, "?#")] = '\0';
		p = skip_userinfo(rest);
		memmove(rest, p, strlen(p) + 1);
	}
	shown[strcspn(shown, "?#")] = '\0';
	for (p = shown; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
	return shown;
}
