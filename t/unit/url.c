/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/url.h"

static int
shows(const char *url, const char *want)
{
	char *got = url_for_show(url);
	int same = strcmp(got, want) == 0;

	free(got);
	return same;
}

/* NULL is written as "-". */
static int
holds(const char *url, const char *user, const char *password)
{
	char *u, *p;
	int same;

	CHECK(url_get_user(url, &u, &p) == 0);
	same = strcmp(u != NULL ? u : "-", user) == 0 &&
	       strcmp(p != NULL ? p : "-", password) == 0;
	free(u);
	free(p);
	return same;
}

int
main(void)
{
	CHECK(holds("smb://a/b@c", "-", "-"));
	CHECK(holds("smb://joe@a/b", "joe", "-"));
	CHECK(holds("smb://joe:@a/b", "joe", ""));
	CHECK(holds("smb://j%6fe:p%40:%2f@q@a/b", "joe", "p@:/@q"));
	CHECK(holds("smb://W%3bjoe:100%@a", "W;joe", "100%"));
	CHECK(holds("smb://a:1/b?x@y", "-", "-"));
	CHECK(holds("joe@a", "-", "-"));
	CHECK(shows("https://a.b/c.iso", "https://a.b/c.iso"));
	CHECK(shows("https://u:p@a.b:81/c?sig=1#x", "https://a.b:81/c"));
	CHECK(shows("https://u:p@q@[::1]/c@d", "https://[::1]/c@d"));
	CHECK(shows("https://u:p@a.b", "https://a.b"));
	CHECK(shows("https://a.b?u:p@c/", "https://a.b"));
	CHECK(shows("https://u:p@", "https://"));
	/* Wrong syntax, but still a password. */
	CHECK(shows("http://u:p/w@a.b/c", "http://a.b/c"));
	CHECK(shows("http://u:p?w@a.b/c", "http://"));
	CHECK(shows("http://u:p#w@a.b/c", "http://"));
	CHECK(shows("http://u:p/w", "http://"));
	CHECK(shows("http://[::1]:80/a@b", "http://[::1]:80/a@b"));
	CHECK(shows("http://a.b:80/c@d", "http://a.b:80/c@d"));
	CHECK(shows("x?y@z", "x"));
	CHECK(shows("", ""));
	CHECK(shows("https://a/\x1b[m b\n", "https://a/?[m?b?"));
	return check_status();
}
