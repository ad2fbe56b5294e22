/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "base/secret.h"
#include "base/url.h"
#include "sources/http-headers.h"
#include "sources/http-url.h"

/* Returns a part of the URL, for secret_free(). NULL if it has no such part. */
static char *
get_part(CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL, *copy = NULL;

	if (curl_url_get(url, part, &text, flags) == CURLUE_OK)
		copy = strdup(text);
	curl_free(text);
	return copy;
}

#ifdef CURLU_PUNYCODE
/* Does a text have a letter that is not ASCII? */
static bool
is_international(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return true;
	return false;
}

/*
 * Returns the host of the URL as the DNS has it (RFC 5891), for curl_free(), or
 * NULL. Without the locale, libcurl would read the letters in the encoding of
 * the locale C, which does not have them.
 */
static char *
get_dns_name(CURLU *url)
{
	static locale_t utf8; /* made once for the process */
	locale_t before;
	char *name = NULL;

	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 == (locale_t)0)
		return NULL;
	before = uselocale(utf8);
	if (curl_url_get(url, CURLUPART_HOST, &name, CURLU_PUNYCODE) !=
	    CURLUE_OK)
		name = NULL;
	uselocale(before);
	return name;
}
#endif

/* Replace a host that has letters other than ASCII by its name in the DNS. */
static void
encode_host(CURLU *url)
{
#ifdef CURLU_PUNYCODE
	char *host = NULL, *name;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return;
	name = is_international(host) ? get_dns_name(url) : NULL;
	if (name != NULL)
		curl_url_set(url, CURLUPART_HOST, name, 0);
	curl_free(name);
	curl_free(host);
#else
	(void)url;
#endif
}

/* Parse a URL, in which spaces and letters other than ASCII are allowed. */
static CURLU *
parse(const char *text)
{
	CURLU *url = curl_url();

	if (url != NULL &&
	    curl_url_set(url, CURLUPART_URL, text,
		CURLU_URLENCODE | CURLU_ALLOW_SPACE) == CURLUE_OK) {
		encode_host(url);
		return url;
	}
	curl_url_cleanup(url);
	return NULL;
}

/* Remove user, password and fragment from the URL. Returns it as text, for
 * secret_free(). */
static char *
take_address(CURLU *url)
{
	curl_url_set(url, CURLUPART_USER, NULL, 0);
	curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
	return get_part(url, CURLUPART_URL, 0);
}

/* Returns whether the scheme is http or https. */
static bool
take_scheme(struct http_url *u)
{
	char *scheme = get_part(u->given, CURLUPART_SCHEME, 0);
	bool ok = scheme != NULL &&
		  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

	u->is_https = ok && strcmp(scheme, "https") == 0;
	free(scheme);
	return ok;
}

/* Fill in why a URL is refused. */
static void
fault_of_url(const char *url, struct fault *why)
{
	why->kind = FAULT_REQUEST;
	why->status = EX_USAGE;
	why->cause = CAUSE_USUAL;
	if (strncasecmp(url, "http://", 7) == 0 ||
	    strncasecmp(url, "https://", 8) == 0)
		snprintf(why->text, sizeof(why->text),
		    "not a valid URL (it has no host, or a port above 65535)");
	else
		snprintf(why->text, sizeof(why->text),
		    "not an http, https, nfs or smb URL, nor a whole path");
}

static bool
take_url(struct http_url *u, const struct source_config *config)
{
	u->given = parse(config->url);
	if (u->given == NULL)
		return false;
	u->user = config->user != NULL
		      ? strdup(config->user)
		      : get_part(u->given, CURLUPART_USER, CURLU_URLDECODE);
	u->password =
	    config->password != NULL
		? strdup(config->password)
		: get_part(u->given, CURLUPART_PASSWORD, CURLU_URLDECODE);
	u->address = take_address(u->given);
	u->display = url_for_show(config->url);
	u->is_ambiguous = url_is_ambiguous(config->url);
	return take_scheme(u) && u->address != NULL && u->display != NULL;
}

int
http_url_set(
    struct http_url *u, const struct source_config *config, struct fault *why)
{
	u->login = CURLAUTH_BASIC;
	u->has_netrc = config->netrc != NULL;
	if (!take_url(u, config)) {
		fault_of_url(config->url, why);
		return -1;
	}
	if (config->headers == NULL)
		return 0;
	return http_headers_parse(config->headers, &u->headers, why);
}

void
http_url_replace(struct http_url *u, struct http_url *by)
{
	struct curl_slist *last = u->headers;
	char *display = by->display;

	by->display = u->display;
	u->display = display;
	/* A running transfer may still use the old headers. */
	by->retired = u->retired;
	if (last != NULL) {
		by->retired = last;
		while (last->next != NULL)
			last = last->next;
		last->next = u->retired;
	}
	u->headers = u->retired = NULL;
	http_url_free(u);
	*u = *by;
}

/* Does an address have the same scheme, host and port? Credentials go only
 * there. */
static bool
same_origin(const char *address, CURLU *url)
{
	static const CURLUPart parts[] = {
	    CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	CURLU *other = curl_url();
	bool same = other != NULL &&
		    curl_url_set(other, CURLUPART_URL, address, 0) == CURLUE_OK;
	char *a, *b;
	size_t i;

	for (i = 0; same && i < sizeof(parts) / sizeof(parts[0]); i++) {
		a = b = NULL;
		same =
		    curl_url_get(other, parts[i], &a, CURLU_DEFAULT_PORT) ==
			0 &&
		    curl_url_get(url, parts[i], &b, CURLU_DEFAULT_PORT) == 0 &&
		    strcasecmp(a, b) == 0;
		curl_free(a);
		curl_free(b);
	}
	curl_url_cleanup(other);
	return same;
}

/* Returns the address of the next request. */
static const char *
start_of(const struct http_url *u)
{
	return u->shortcut != NULL ? u->shortcut : u->address;
}

void
http_url_aim_at(const struct http_url *u, CURL *easy, const char *address)
{
	bool ours = same_origin(address, u->given);
	const char *user = u->user;

	/* For a Kerberos ticket, libcurl needs a user, which may be empty. */
	if (user == NULL && u->login == CURLAUTH_NEGOTIATE)
		user = "";
	curl_easy_setopt(easy, CURLOPT_URL, address);
	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)u->login);
	curl_easy_setopt(easy, CURLOPT_USERNAME, ours ? user : NULL);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, ours ? u->password : NULL);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, ours ? u->headers : NULL);
}

bool
http_url_aim(const struct http_url *u, CURL *easy)
{
	http_url_aim_at(u, easy, start_of(u));
	return u->shortcut != NULL;
}

bool
http_set_blob(CURL *easy, CURLoption option, const struct source_blob *b)
{
	struct curl_blob blob = {b->pem, b->len, CURL_BLOB_COPY};

	return b->len == 0 || curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

bool
http_set_identity(CURL *easy, const struct source_config *config)
{
	return http_set_blob(easy, CURLOPT_SSLCERT_BLOB, &config->cert) &&
	       http_set_blob(easy, CURLOPT_SSLKEY_BLOB, &config->key);
}

bool
http_url_may_login(
    const struct http_url *u, const char *address, unsigned long login)
{
	if (address == NULL)
		address = start_of(u);
	return same_origin(address, u->given) &&
	       (u->user != NULL || u->has_netrc || login == CURLAUTH_NEGOTIATE);
}

void
http_url_remember(struct http_url *u, const char *address)
{
	char *shortcut = strdup(address);

	http_url_forget(u);
	u->shortcut = shortcut;
}

void
http_url_forget(struct http_url *u)
{
	secret_free(u->shortcut);
	u->shortcut = NULL;
}

void
http_url_free(struct http_url *u)
{
	curl_url_cleanup(u->given);
	secret_free(u->address);
	free(u->display);
	secret_free(u->shortcut);
	secret_free(u->user);
	secret_free(u->password);
	http_headers_free(u->headers);
	http_headers_free(u->retired);
}
