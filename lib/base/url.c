/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "base/number.h"
#include "base/secret.h"
#include "base/url.h"
#include "base/utf8.h"

/*
 * Returns where the host begins in rest, which follows "://". A password may
 * hold an '@', so the last '@' ends it. A password that holds a '/', which it
 * should not, makes an authority like "user:pass", whose port is not a number,
 * or like "user:pa@ss", with another '@' in the path: then the password may end
 * anywhere, and the last '@' of all ends it. An address in brackets is
 * certainly a host.
 */
static char *
skip_userinfo(char *rest)
{
	char *end = rest + strcspn(rest, "/"), *at = end, *port, *last;

	while (at > rest && at[-1] != '@')
		at--;
	port = memchr(rest, ':', (at > rest ? at : end) - rest);
	last = strrchr(rest, '@');
	if (*at == '[' || port == NULL)
		return at;
	if (at > rest)
		return last + 1;
	if (port + 1 + strspn(port + 1, "0123456789") == end)
		return at;
	return last != NULL ? last + 1 : rest + strlen(rest);
}

/* Skip the user in a text without "://", such as ssh(1)'s user@host. */
static char *
skip_user(char *text)
{
	char *at = strrchr(text, '@');

	if (at == NULL || *text == '/' || *text == '\\' ||
	    strncasecmp(text, "file:", 5) == 0)
		return text;
	return at + 1;
}

/* Replace bytes that are not UTF-8, and characters that mislead a reader, by
 * '?'. */
static void
make_printable(char *text)
{
	const char *p = text;
	uint32_t c;
	size_t len;

	while (*p != '\0') {
		len = utf8_decode(p, UTF8_MAX, &c);
		if (len == 0 || utf8_is_deceptive(c)) {
			*text++ = '?';
			p += len > 0 ? len : 1;
			continue;
		}
		memmove(text, p, len);
		text += len;
		p += len;
	}
	*text = '\0';
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
	if (strstr(shown, "://") == NULL) {
		p = skip_user(shown);
		memmove(shown, p, strlen(p) + 1);
	}
	make_printable(shown);
	return shown;
}

/* Returns a copy of the len bytes at text, with each %XX decoded. */
static char *
decode(const char *text, size_t len)
{
	char *copy = malloc(len + 1), *out = copy;
	size_t i;

	for (i = 0; copy != NULL && i < len; i++) {
		*out = text[i];
		if (text[i] == '%' && len - i > 2 &&
		    hex_digit(text[i + 1]) != -1 &&
		    hex_digit(text[i + 2]) != -1) {
			*out = (char)(hex_digit(text[i + 1]) << 4 |
				      hex_digit(text[i + 2]));
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

/* Parse ":PORT"; *port is 0 if there is none. */
static bool
take_port(const char *text, size_t len, unsigned *port)
{
	char digits[6] = "";
	uint64_t number;

	*port = 0;
	if (len < 2)
		return len == 0 || text[0] == ':';
	if (text[0] != ':' || len > sizeof(digits))
		return false;
	memcpy(digits, text + 1, len - 1);
	if (number_parse(digits, 1, 65535, &number) == -1)
		return false;
	*port = (unsigned)number;
	return true;
}

int
url_split(const char *url, struct url_parts *out)
{
	const char *host, *end, *path, *port;

	memset(out, 0, sizeof(*out));
	host = strstr(url, "://");
	if (host == NULL)
		goto invalid;
	host += 3;
	path = host + strcspn(host, "/?#");
	for (end = path; end > host && end[-1] != '@'; end--)
		continue;
	host = end;
	if (*host == '[') {
		port = memchr(host, ']', (size_t)(path - host));
		out->host =
		    port != NULL ? decode(host + 1, port - host - 1) : NULL;
		port = port != NULL ? port + 1 : path;
	} else {
		port = memchr(host, ':', (size_t)(path - host));
		if (port == NULL)
			port = path;
		out->host = decode(host, (size_t)(port - host));
	}
	out->path = decode(path, strcspn(path, "?#"));
	if (path[strcspn(path, "?#")] == '?') {
		path += strcspn(path, "?");
		out->query = decode(path + 1, strcspn(path + 1, "#"));
	}
	if (url_get_user(url, &out->user, &out->password) == -1 ||
	    out->path == NULL)
		goto fail;
	if (out->host != NULL && out->host[0] != '\0' &&
	    take_port(port, strcspn(port, "/?#"), &out->port) &&
	    strstr(url, "%00") == NULL)
		return 0;
invalid:
	errno = EINVAL;
fail:
	url_parts_free(out);
	return -1;
}

void
url_parts_free(struct url_parts *parts)
{
	secret_free(parts->user);
	secret_free(parts->password);
	free(parts->host);
	free(parts->path);
	free(parts->query);
	memset(parts, 0, sizeof(*parts));
}

bool
url_is_ambiguous(const char *url)
{
	struct url_parts all = {.host = NULL}, shown = {.host = NULL};
	char *text = url_for_show(url);
	bool differ;

	differ = text == NULL || url_split(url, &all) == -1 ||
		 url_split(text, &shown) == -1 ||
		 strcmp(all.host, shown.host) != 0;
	url_parts_free(&all);
	url_parts_free(&shown);
	free(text);
	return differ;
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
			break; /* no path can have a NUL */
		return decode(url, strcspn(url, "?#"));
	}
	errno = EINVAL;
	return NULL;
}
