/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/url.h"

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

static int
digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* A copy of the len bytes at text, with each %XX decoded. */
static char *
decode(const char *text, size_t len)
{
	char *copy = malloc(len + 1), *out = copy;
	size_t i;

	for (i = 0; copy != NULL && i < len; i++) {
		*out = text[i];
		if (text[i] == '%' && len - i > 2 &&
		    isxdigit((unsigned char)text[i + 1]) &&
		    isxdigit((unsigned char)text[i + 2])) {
			*out = (char)(digit(text[i + 1]) << 4 |
				      digit(text[i + 2]));
			i += 2;
		}
		out++;
	}
	if (copy != NULL)
		*out = '\0';
	return copy;
}

int
url_get_user(const char *url, char **user, char **password)
{
	const char *rest = strstr(url, "://"), *at, *colon;
	size_t len;

	*user = *password = NULL;
	if (rest == NULL)
		return 0;
	rest += 3;
	len = strcspn(rest, "/?#");
	for (at = rest + len; at > rest && at[-1] != '@'; at--)
		continue;
	if (at == rest)
		return 0;
	len = (size_t)(at - 1 - rest);
	colon = memchr(rest, ':', len);
	*user = decode(rest, colon != NULL ? (size_t)(colon - rest) : len);
	if (colon != NULL)
		*password = decode(colon + 1, (size_t)(rest + len - colon - 1));
	if (*user != NULL && (colon == NULL || *password != NULL))
		return 0;
	secret_free(*user);
	secret_free(*password);
	*user = *password = NULL;
	return -1;
}

char *
url_file_path(const char *url)
{
	static const char *const beginnings[] = {
	    "file://localhost/", "file:///", "file:/"};
	size_t i, len;

	for (i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		len = strlen(beginnings[i]);
		/* file://HOST/ is a file of another machine. */
		if (strncasecmp(url, beginnings[i], len) != 0 ||
		    url[len] == '/')
			continue;
		url += len - 1;
		if (strstr(url, "%00") != NULL)
			break; /* no path has that */
		return decode(url, strcspn(url, "?#"));
	}
	errno = EINVAL;
	return NULL;
}
