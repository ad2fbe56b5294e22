/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The URL of an image over HTTP: what to ask, as whom, what may be shown of
 * it, and where its redirects lead.
 */
#ifndef VM_SOURCES_HTTP_URL_H
#define VM_SOURCES_HTTP_URL_H

#include <stdbool.h>

#include <curl/curl.h>

#include "sources/source.h"

struct http_url {
	CURLU *given;	       /* without user and password */
	char *address;	       /* the same as text, with its query */
	char *shortcut;	       /* where a redirect led; NULL: no redirect */
	char *display;	       /* without query and fragment */
	char *user, *password; /* NULL: none */
	struct curl_slist *headers; /* of the user's own; NULL: none */
	struct curl_slist *retired; /* headers of before a renewal */
	bool has_netrc;		    /* there may be a user in it */
	unsigned long login; /* how: CURLAUTH_BASIC, or what was wanted */
	bool is_https;
	bool is_ambiguous; /* see url.h: libcurl's texts name its host */
};

/*
 * Take the URL of the config apart. Returns 0; or -1 with *why, and what there
 * is so far is for http_url_free().
 */
int http_url_set(
    struct http_url *, const struct source_config *, struct fault *why);

/*
 * Put another one in its place, which belongs to it then. What is shown of it
 * stays what it was.
 */
void http_url_replace(struct http_url *, struct http_url *by);

/*
 * Aim a handle at the image: straight at where a redirect led the last time,
 * if there was one. Returns whether there was.
 */
bool http_url_aim(const struct http_url *, CURL *);

/*
 * Aim a handle at this address, where a redirect leads. Only the server that
 * was given gets the user, the password and the headers.
 */
void http_url_aim_at(const struct http_url *, CURL *, const char *address);

/* Give a handle a PEM text, unless it is empty. Returns whether it takes it. */
bool http_set_blob(CURL *, CURLoption, const struct source_blob *);

/* The same for the client's certificate and key. */
bool http_set_identity(CURL *, const struct source_config *);

/*
 * Is there a login of that kind (CURLAUTH_...) for this address? NULL: where
 * http_url_aim() aims.
 */
bool http_url_may_login(
    const struct http_url *, const char *address, unsigned long login);

/* A transfer went well: remember where it was redirected to. */
void http_url_remember(struct http_url *, const char *address);

/* Begin at the given URL the next time. */
void http_url_forget(struct http_url *);

void http_url_free(struct http_url *);

#endif
