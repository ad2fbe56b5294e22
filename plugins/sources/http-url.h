/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The HTTP URL of an image: what to request, as which user, what may be shown
 * of the URL, and where its redirects lead.
 */
#ifndef VM_SOURCES_HTTP_URL_H
#define VM_SOURCES_HTTP_URL_H

#include <stdbool.h>

#include <curl/curl.h>

#include "sources/source.h"

struct http_url {
	CURLU *given;	       /* without user and password */
	char *address;	       /* the same URL as text, with its query */
	char *shortcut;	       /* where a redirect led; NULL: no redirect */
	char *display;	       /* without query and fragment */
	char *user, *password; /* NULL: none */
	struct curl_slist *headers; /* the user's own; NULL: none */
	struct curl_slist *retired; /* headers from before a renewal */
	bool has_netrc;		    /* the netrc file may have a user */
	unsigned long login; /* CURLAUTH_BASIC, or what the server wanted */
	bool is_https;
	bool is_ambiguous; /* see url.h: do not show libcurl's texts */
};

/*
 * Parse the URL of the config. Returns 0; or -1 with *why. Call http_url_free()
 * in either case.
 */
int http_url_set(
    struct http_url *, const struct source_config *, struct fault *why);

/*
 * Replace the URL by another one, and take over what belongs to the other. The
 * text to show stays the same.
 */
void http_url_replace(struct http_url *, struct http_url *by);

/*
 * Set the URL, the login and the headers of a handle for the next request: to
 * the shortcut where the last redirect led, if there is one. Returns whether
 * there is.
 */
bool http_url_aim(const struct http_url *, CURL *);

/*
 * The same for this address, to which a redirect leads. Only the server of the
 * given URL gets the user, the password and the headers.
 */
void http_url_aim_at(const struct http_url *, CURL *, const char *address);

/* Give a handle a PEM text, unless the text is empty. Returns whether libcurl
 * accepts it. */
bool http_set_blob(CURL *, CURLoption, const struct source_blob *);

/* The same for the client's certificate and key. */
bool http_set_identity(CURL *, const struct source_config *);

/*
 * May we log in at this address in that way (CURLAUTH_...)? NULL: the address
 * of http_url_aim().
 */
bool http_url_may_login(
    const struct http_url *, const char *address, unsigned long login);

/* A transfer succeeded: remember where it was redirected to. */
void http_url_remember(struct http_url *, const char *address);

/* Forget that: the next request goes to the given URL. */
void http_url_forget(struct http_url *);

void http_url_free(struct http_url *);

#endif
