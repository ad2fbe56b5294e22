/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The state of an HTTP source and its connections. http.h says what the files
 * that share it are for.
 */
#ifndef VM_SOURCES_HTTP_STATE_H
#define VM_SOURCES_HTTP_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "sources/http-identity.h"
#include "sources/http-response.h"
#include "sources/http-url.h"
#include "sources/source.h"
#include "unix/allow-hosts.h"

/* What the requests are for. */
enum http_ask {
	HTTP_ASK_FIRST,	    /* the image's beginning, and what the image is */
	HTTP_ASK_HEAD,	    /* its size, by a HEAD */
	HTTP_ASK_LAST_BYTE, /* its size, by the offset of its last byte */
	HTTP_ASK_RANGE,	    /* a later range */
	HTTP_ASK_WHOLE,	    /* the whole image: http-download.c */
};

/* One easy handle and the transfer that borrows it. */
struct connection {
	struct http *http;
	CURL *easy;
	struct transfer *transfer; /* NULL: idle */
	struct http_answer answer;
	bool believed;	     /* the answer was checked: its bytes are used */
	bool found_fault;    /* we found a fault, not libcurl: see `fault` */
	bool used_shortcut;  /* requested at url.shortcut */
	bool stillborn;	     /* libcurl did not accept the handle */
	int64_t sent_at;     /* ms: when the request was sent; 0: not yet */
	unsigned answers;    /* http.answers when it was sent */
	size_t due, got;     /* bytes: of the range; that came of it */
	char *hop;	     /* the last redirect's target; NULL: no redirect */
	unsigned hops;	     /* redirects so far */
	size_t dropped;	     /* bytes of bodies that were dropped */
	unsigned long login; /* how we log in: see http_url */
	bool reached;	     /* for http-guard.c: an address was allowed */
	char barred[ALLOW_HOSTS_SHOWN]; /* a host not allowed; "": none */
	struct fault fault;
	char error[CURL_ERROR_SIZE];
};

/* The renewed texts of a config. */
struct http_renewed {
	char *texts[6];
};

struct http {
	struct source source;
	CURLM *multi;
	CURLSH *share;	  /* the cookies */
	unsigned cookies; /* how many cookies servers have set */
	struct http_url url;
	enum http_ask ask;
	struct http_identity identity;
	char adopted[HTTP_IDENTITY_LIST_MAX]; /* for source_info */
	char server[64];		      /* its numeric address */
	struct source_config config;	      /* with texts of the caller or: */
	struct http_renewed renewed;
	source_open *open; /* http_open(), for a trial before a renewal */
	/*
	 * The local port of the connection by which all answers came; 0:
	 * several. The number of answers; and how long (ms) the first took. For
	 * http-queue.c.
	 */
	long only_port;
	unsigned answers;
	int64_t first_answer;
	int64_t astray_since; /* ms: since then, redirects lead to failures */
	struct download *download; /* of HTTP_ASK_WHOLE */
	unsigned count;
	struct connection *connections;
};

#endif
