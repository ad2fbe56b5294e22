/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/url-typed.h"
#include "base/url.h"

static int
splits(const char *url, const char *host, unsigned port, const char *path,
    const char *query)
{
	struct url_parts p;
	int same;

	if (url_split(url, &p) == -1)
		return 0;
	same = strcmp(p.host, host) == 0 && p.port == port &&
	       strcmp(p.path, path) == 0 &&
	       strcmp(p.query != NULL ? p.query : "-", query) == 0;
	url_parts_free(&p);
	return same;
}

static void
test_split(void)
{
	struct url_parts p;

	CHECK(splits("nfs://a/b/c%20d", "a", 0, "/b/c d", "-"));
	CHECK(splits("nfs://u:p@a:2049/b?x=1&y#z", "a", 2049, "/b", "x=1&y"));
	CHECK(splits("smb://[::1]:445/b%23#z?y", "::1", 445, "/b#", "-"));
	CHECK(splits("smb://[fe80::1%25eth0]/b", "fe80::1%eth0", 0, "/b", "-"));
	CHECK(splits("nfs://a", "a", 0, "", "-"));
	CHECK(splits("nfs://a:/b", "a", 0, "/b", "-"));
	CHECK(url_split("nfs:/a", &p) == -1);
	CHECK(url_split("nfs:///a", &p) == -1);
	CHECK(url_split("nfs://[::1/a", &p) == -1);
	CHECK(url_split("nfs://[::1]x/a", &p) == -1);
	CHECK(url_split("nfs://a:65536/a", &p) == -1);
	CHECK(url_split("nfs://a:1234567/a", &p) == -1);
	CHECK(url_split("nfs://a:x/a", &p) == -1);
	CHECK(url_split("nfs://a/b%00c", &p) == -1);
}

static int
typed(const char *text, enum url_kind kind, const char *want)
{
	char *got = url_from_typed(text);
	int same = url_kind(text) == kind && strcmp(got, want) == 0;

	free(got);
	return same;
}

static void
test_typed(void)
{
	CHECK(typed("HTTPS://a.b/c d", URL_HTTP, "https://a.b/c%20d"));
	CHECK(typed("http://b\xc3\xbc/\xc3\xbc?q=\xc3\xbc", URL_HTTP,
	    "http://b\xc3\xbc/%C3%BC?q=%C3%BC"));
	CHECK(typed("http://a/b%20c%2", URL_HTTP, "http://a/b%20c%252"));
	CHECK(typed("http://a/100%.iso", URL_HTTP, "http://a/100%25.iso"));
	CHECK(typed("http://a/[x]{1}|^`<\">.iso?b[]={|}<", URL_HTTP,
	    "http://a/%5Bx%5D%7B1%7D%7C%5E%60%3C%22%3E.iso?b[]={|}%3C"));
	CHECK(typed(
	    "http://[::1]:8/a[1]\\b", URL_HTTP, "http://[::1]:8/a%5B1%5D\\b"));
	CHECK(typed("smb://[::1]/s\\d\\a b", URL_SMB, "smb://[::1]/s/d/a%20b"));
	CHECK(typed("//[::1]/s/x[1]", URL_SMB, "smb://[::1]/s/x[1]"));
	CHECK(typed(
	    " \thttps://a/b c.iso \r\n", URL_HTTP, "https://a/b%20c.iso"));
	CHECK(typed("/a b ", URL_FILE, "/a b "));
	CHECK(typed(" /a", URL_UNKNOWN, " /a"));
	CHECK(typed("http://u:p w@a b/c", URL_HTTP, "http://u:p%20w@a b/c"));
	CHECK(typed("CIFS://a/b", URL_SMB, "smb://a/b"));
	CHECK(typed("Smb://W;u@a/b", URL_SMB, "smb://W;u@a/b"));
	CHECK(typed(
	    "\\\\h\\s\\x y%1#.iso", URL_SMB, "smb://h/s/x%20y%251%23.iso"));
	CHECK(typed("//h/s/x", URL_SMB, "smb://h/s/x"));
	CHECK(typed("//etc/passwd", URL_FILE, "//etc/passwd"));
	CHECK(typed("//h/x", URL_FILE, "//h/x"));
	CHECK(typed("/a b", URL_FILE, "/a b"));
	CHECK(typed("FILE:///a", URL_FILE, "FILE:///a"));
	CHECK(typed("NFS://h/x", URL_NFS, "nfs://h/x"));
	CHECK(typed("h.x:/a/b c#1.iso", URL_NFS, "nfs://h.x/a/b%20c%231.iso"));
	CHECK(typed("[::1]:/a", URL_NFS, "nfs://[::1]/a"));
	CHECK(typed("C:/a", URL_UNKNOWN, "C:/a"));
	CHECK(typed("ftp://a/b", URL_UNKNOWN, "ftp://a/b"));
	CHECK(typed("joe:x@h:/b", URL_UNKNOWN, "joe:x@h:/b"));
	CHECK(typed("http://", URL_UNKNOWN, "http://"));
	CHECK(typed("", URL_UNKNOWN, ""));
	CHECK(typed("\\\\", URL_UNKNOWN, "\\\\"));
}

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
	/* The URL's syntax is wrong, but it has a password. */
	CHECK(shows("http://u:p/w@a.b/c", "http://a.b/c"));
	CHECK(shows("http://u:p?w@a.b/c", "http://"));
	CHECK(shows("http://u:p#w@a.b/c", "http://"));
	CHECK(shows("http://u:p/w", "http://"));
	CHECK(shows("http://[::1]:80/a@b", "http://[::1]:80/a@b"));
	CHECK(shows("http://a.b:80/c@d", "http://a.b:80/c@d"));
	CHECK(shows("x?y@z", "x"));
	CHECK(shows("", ""));
	CHECK(shows("https://a/\x1b[m b\n", "https://a/?[m b?"));
	/* The text stays as it was typed, except for characters that
	 * mislead. */
	CHECK(shows("https://b\xc3\xbc/\xc3\xa4 \xf0\x9f\x98\x80.iso",
	    "https://b\xc3\xbc/\xc3\xa4 \xf0\x9f\x98\x80.iso"));
	CHECK(shows("a\xc3/\xff\xc0\xaf\xed\xa0\x80", "a?/??????"));
	CHECK(shows("a\xc2\x9b"
		    "b\xe2\x80\xae"
		    "c\x7f",
	    "a?b?c?"));
	/* A password that contains "/" and "@" is not shown in part. */
	CHECK(shows("http://u:p@w/x@a.b/c", "http://a.b/c"));
	CHECK(shows("http://u:p@w/x/y@z@a.b/c", "http://a.b/c"));
	CHECK(shows("http://u:@p/w@a.b:80/c", "http://a.b:80/c"));
	CHECK(shows("smb://joe@a/b@c", "smb://a/b@c"));
	CHECK(shows("joe:secret@host:/x", "host:/x"));
	CHECK(shows("/srv/a@b", "/srv/a@b"));
	CHECK(shows("\\\\h\\s\\a@b", "\\\\h\\s\\a@b"));
	test_split();
	test_typed();
	return check_status();
}
