/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "base/secret.h"
#include "sources/http-follow.h"
#include "sources/http-guard.h"

/* Bytes of the bodies of answers that are followed. */
#define DROPPED_MAX (64 * 1024)

static bool
is_redirect(const struct http_answer *a)
{
	return a->status == 301 || a->status == 302 || a->status == 303 ||
	       a->status == 307 || a->status == 308;
}

/* Returns false, as the caller's result. */
static bool
refuse(struct connection *c, const char *text)
{
	c->found_fault = true;
	c->fault.kind = FAULT_REQUEST;
	c->fault.status = EX_PROTOCOL;
	c->fault.cause = CAUSE_USUAL;
	snprintf(c->fault.text, sizeof(c->fault.text), "%s", text);
	return false;
}

static bool
follow_redirect(struct connection *c)
{
	const struct http_url *u = &c->http->url;
	char *target = NULL;

	curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &target);
	if (target == NULL)
		return refuse(c, "the server redirects to no valid URL");
	if (c->hops++ == HTTP_REDIRECTS_MAX)
		return refuse(c, "the server redirects more than ten times");
	/* A redirect must not lead from TLS to plain HTTP. */
	if (strncasecmp(target, "https://", 8) != 0 &&
	    (u->is_https || strncasecmp(target, "http://", 7) != 0))
		return refuse(
		    c, "the server redirects to a URL without TLS or HTTP");
	secret_free(c->hop);
	c->hop = strdup(target);
	if (c->hop == NULL)
		return refuse(c, "out of memory");
	http_url_aim_at(u, c->easy, c->hop);
	return true;
}

/*
 * Basic credentials are sent with the first request, which saves a second one.
 * If the server wants Digest or Negotiate (Kerberos) and not Basic, use what it
 * wants from now on.
 */
static bool
choose_login(struct connection *c)
{
	struct http_url *u = &c->http->url;
	unsigned long login;
	long offered = 0;

	curl_easy_getinfo(c->easy, CURLINFO_HTTPAUTH_AVAIL, &offered);
	login = (unsigned long)offered & (CURLAUTH_DIGEST | CURLAUTH_NEGOTIATE);
	if ((login & CURLAUTH_DIGEST) != 0)
		login = CURLAUTH_DIGEST;
	if (c->login != CURLAUTH_BASIC || login == 0 ||
	    (offered & CURLAUTH_BASIC) != 0 ||
	    !http_url_may_login(u, c->hop, login) ||
	    curl_easy_setopt(c->easy, CURLOPT_HTTPAUTH, (long)login) !=
		CURLE_OK)
		return false;
	u->login = c->login = login;
	if (c->hop != NULL)
		http_url_aim_at(u, c->easy, c->hop);
	else
		c->used_shortcut = http_url_aim(u, c->easy);
	return true;
}

bool
http_drops_body(struct connection *c, size_t n)
{
	if (!is_redirect(&c->answer) && c->answer.status != 401)
		return false;
	c->dropped += n;
	return c->dropped <= DROPPED_MAX;
}

bool
http_follow(struct connection *c, CURLcode code)
{
	bool again = false;

	if (code != CURLE_OK || c->found_fault)
		return false;
	if (is_redirect(&c->answer))
		again = follow_redirect(c);
	else if (c->answer.status == 401)
		again = choose_login(c);
	if (!again)
		return false;
	http_answer_init(&c->answer);
	http_guard_begin(c);
	return true;
}
