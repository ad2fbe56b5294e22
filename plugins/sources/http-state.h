/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What is known of an image on HTTP and of its connections. http.h tells what the
 * files are for that share it.
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

#endif
