/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * HTTP and HTTPS as a source, through libcurl: ranged GETs (RFC 9110 section
 * 14) on a pool of connections. A byte is passed on only when the answer is
 * a 206 for the range that was asked for, or its beginning, of exactly the size
 * and with a validator of the image that was opened.
 *
 * http-open.c opens it, http.c does the transfers: one libcurl multi handle,
 * and a pool of easy handles that are configured once; a transfer borrows one.
 * http-url.c knows where to ask, http-follow.c follows redirects,
 * http-headers.c has the user's own header fields, http-response.c what an
 * answer's header says, http-identity.c whether it is about the same image,
 * http-error.c what a failure means, http-queue.c whether the server serves one
 * connection at a time, http-guard.c where requests may go. http-download.c downloads an image whole where a server
 * has no ranges.
 */
#ifndef VM_SOURCES_HTTP_H
#define VM_SOURCES_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "sources/http-identity.h"
#include "sources/http-response.h"
#include "sources/http-url.h"
#include "sources/source.h"
#include "unix/allow-hosts.h"

/* What requests ask for. */
enum http_ask {
	HTTP_ASK_FIRST,	    /* the image's beginning, and what the image is */
	HTTP_ASK_HEAD,	    /* its size, by a HEAD */
	HTTP_ASK_LAST_BYTE, /* its size, by its last byte's place */
	HTTP_ASK_RANGE,	    /* the rest */
	HTTP_ASK_WHOLE,	    /* all of it: http-download.c */
};

/* One easy handle and the transfer that borrows it. */
struct connection {
	struct http *http;
	CURL *easy;
	struct transfer *transfer; /* NULL: idle */
	struct http_answer answer;
	bool believed;	     /* the answer was checked: its bytes may pass */
	bool found_fault;    /* by us, not by libcurl: in fault */
	bool used_shortcut;  /* asked where the last redirect led */
	bool stillborn;	     /* libcurl did not take it */
	int64_t sent_at;     /* ms: the request was sent; 0: not yet */
	unsigned answers;    /* http.answers when it was sent */
	size_t due, got;     /* bytes: of the range, and those that came */
	char *hop;	     /* where redirects have led; NULL: no redirect */
	unsigned hops;	     /* how many there were */
	size_t dropped;	     /* bytes of answers that were followed */
	unsigned long login; /* how we log in: see http_url */
	bool reached;	     /* for http-guard.c: an address was allowed */
	char barred[ALLOW_HOSTS_SHOWN]; /* a host that was not; "": none */
	struct fault fault;
	char error[CURL_ERROR_SIZE];
};

/* Texts of a config that were renewed. */
struct http_renewed {
	char *texts[6];
};

struct http {
	struct source source;
	CURLM *multi;
	CURLSH *share;	  /* the cookies */
	unsigned cookies; /* how many the server has set */
	struct http_url url;
	enum http_ask ask;
	struct http_identity identity;
	char adopted[HTTP_IDENTITY_LIST_MAX]; /* for source_info */
	char server[64];		      /* its numeric address */
	struct source_config config; /* its texts are the caller's, or: */
	struct http_renewed renewed;
	source_open *open; /* http_open(), for a trial before a renewal */
	/*
	 * The local port by which all answers came, 0: by several; how many
	 * came; and how long (ms) the first took. For http-queue.c.
	 */
	long only_port;
	unsigned answers;
	int64_t first_answer;
	int64_t astray_since; /* ms: when redirects began to lead nowhere */
	struct download *download; /* of HTTP_ASK_WHOLE */
	unsigned count;
	struct connection *connections;
};

extern const struct source_ops http_ops;

/* Make a source that has asked for nothing yet. NULL with *why. */
struct http *http_new(const struct source_config *, struct fault *why);

/*
 * Make the easy handle of a connection that is all zero; it has no settings
 * yet but where its answers go. Returns 0 or -1.
 */
int http_connection_init(struct connection *, struct http *);

/* As source_ops.renew; the text is one of fetchd/renewal.h. */
int http_renew(struct source *, const char *text, struct fault *why);

/* Forget what was renewed. */
void http_renew_free(struct http *);

#endif
