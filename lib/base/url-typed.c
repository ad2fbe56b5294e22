/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/url-typed.h"

static const struct {
	const char *typed, *scheme;
	enum url_kind kind;
} schemes[] = {
    {"http://", "http://", URL_HTTP},
    {"https://", "https://", URL_HTTP},
    {"nfs://", "nfs://", URL_NFS},
    {"smb://", "smb://", URL_SMB},
    {"cifs://", "smb://", URL_SMB},
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

/* Returns the index of a URL's scheme, or SCHEMES if it is unknown. */
static size_t
find_scheme(const char *typed)
{
	size_t i, len;

	for (i = 0; i < SCHEMES; i++) {
		len = strlen(schemes[i].typed);
		if (strncasecmp(typed, schemes[i].typed, len) == 0 &&
		    typed[len] != '\0')
			break;
	}
	return i;
}

/* Skip the blanks and line ends that a pasted URL may have before it. */
static const char *
skip_blanks(const char *typed)
{
	const char *url = typed + strspn(typed, " \t\r\n");

	return find_scheme(url) < SCHEMES ? url : typed;
}

static size_t
length_without_blanks(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	return len;
}

/* Is this \\HOST\SHARE\FILE; or //HOST/SHARE/FILE, and no file here? */
static bool
is_unc(const char *typed)
{
	const char *host = typed + 2, *share;

	if (strncmp(typed, "\\\\", 2) != 0 && strncmp(typed, "//", 2) != 0)
		return false;
	share = host + strcspn(host, "/\\");
	return share > host && *share != '\0' &&
	       share[1 + strcspn(share + 1, "/\\")] != '\0' &&
	       (typed[0] == '\\' || access(typed, F_OK) == -1);
}

/* Is this HOST:/PATH, as mount(8) takes it? A host of one letter is a drive of
 * Windows. */
static bool
is_nfs_place(const char *typed)
{
	size_t len = *typed == '['
			 ? strspn(typed + 1, "0123456789abcdefABCDEF:."
					     "%")
			 : 0;

	if (len > 0 && typed[len + 1] == ']')
		return strncmp(typed + len + 2, ":/", 2) == 0;
	for (len = 0;
	     isalnum((unsigned char)typed[len]) ||
	     (typed[len] != '\0' && strchr(".-_", typed[len]) != NULL);)
		len++;
	return len > 1 && typed[len] == ':' && typed[len + 1] == '/' &&
	       typed[len + 2] != '/';
}

enum url_kind
url_kind(const char *typed)
{
	size_t scheme = find_scheme(skip_blanks(typed));

	if (scheme < SCHEMES)
		return schemes[scheme].kind;
	if (is_unc(typed))
		return URL_SMB;
	if (typed[0] == '/' || strncasecmp(typed, "file:", 5) == 0)
		return URL_FILE;
	return is_nfs_place(typed) ? URL_NFS : URL_UNKNOWN;
}

/*
 * Append the len bytes at text, and percent-encode what is not allowed in a URL
 * (RFC 3986), because some servers refuse it. In a query, which may hold
 * another URL or a signature, encode only what a browser encodes there (WHATWG
 * URL section 1.3). as_name: the text is a plain name: encode only controls,
 * blanks, non-ASCII bytes and %, # and ?, which are part of the name, and turn
 * \ into /.
 */
static char *
encode(char *out, const char *text, size_t len, bool as_name)
{
	const char *end = text + len, *ill = "\"<>[]^`{|}";

	for (; text < end; text++) {
		unsigned char c = (unsigned char)*text;
		bool encoded = c <= ' ' || c >= 0x7f;

		if (as_name)
			encoded = encoded || strchr("%#?", c) != NULL;
		else if (c == '%')
			encoded = end - text < 3 ||
				  !isxdigit((unsigned char)text[1]) ||
				  !isxdigit((unsigned char)text[2]);
		else
			encoded = encoded || strchr(ill, c) != NULL;
		if (c == '?' && !as_name)
			ill = "\"<>";
		if (encoded)
			out += sprintf(out, "%%%02X", c);
		else
			*out++ = (char)(as_name && c == '\\' ? '/' : c);
	}
	*out = '\0';
	return out;
}

/* Write a URL with "://" to out, and encode all parts except the host. */
static void
from_url(char *out, const char *typed, size_t scheme)
{
	const char *rest = typed + strlen(schemes[scheme].typed), *host, *path;

	path = rest + strcspn(rest, "/?#");
	for (host = path; host > rest && host[-1] != '@'; host--)
		continue;
	out = stpcpy(out, schemes[scheme].scheme);
	out = encode(out, rest, (size_t)(host - rest), false);
	memcpy(out, host, (size_t)(path - host));
	out += path - host;
	encode(out, path, length_without_blanks(path), false);
	if (schemes[scheme].kind == URL_SMB)
		for (; *out != '\0'; out++)
			if (*out == '\\')
				*out = '/';
}

const char *
url_kind_name(enum url_kind kind)
{
	switch (kind) {
	case URL_FILE:
		return "file";
	case URL_HTTP:
		return "http";
	case URL_NFS:
		return "nfs";
	case URL_SMB:
		return "smb";
	case URL_UNKNOWN:
		break;
	}
	return "unknown";
}

char *
url_from_typed(const char *typed)
{
	size_t scheme, len;
	char *url = malloc(3 * strlen(typed) + sizeof("nfs://"));

	if (url == NULL)
		return NULL;
	typed = skip_blanks(typed);
	scheme = find_scheme(typed);
	if (scheme < SCHEMES) {
		from_url(url, typed, scheme);
	} else if (is_unc(typed)) {
		strcpy(url, "smb://");
		encode(url + 6, typed + 2, strlen(typed + 2), true);
	} else if (url_kind(typed) == URL_NFS) {
		len = (size_t)(strstr(typed, ":/") - typed);
		if (*typed == '[')
			len = (size_t)(strstr(typed, "]:/") + 1 - typed);
		strcpy(url, "nfs://");
		memcpy(url + 6, typed, len);
		encode(url + 6 + len, typed + len + 1, strlen(typed + len + 1),
		    true);
	} else {
		strcpy(url, typed);
	}
	return url;
}
