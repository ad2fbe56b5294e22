/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The header of a server's answer, line by line: the fields of RFC 9110 that
 * decide whether its bytes are the range that was asked for. No I/O and no
 * allocation; every line is hostile until it has been parsed.
 */
#ifndef VM_SOURCES_HTTP_RESPONSE_H
#define VM_SOURCES_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_VALUE_MAX	256	    /* bytes of a validator, its NUL included */
#define HTTP_HEADER_MAX (64 * 1024) /* bytes of one answer's header lines */

enum http_validator {
	HTTP_NONE,
	HTTP_DATE,
	HTTP_ETAG
};

struct http_answer {
	int status;	/* 0 until there was a status line */
	bool has_range; /* Content-Range: bytes first-last/total */
	uint64_t first, last, total;
	bool no_total;	 /* ... or with total "*" (total is 0) */
	bool bad_range;	 /* ... or one that makes no sense */
	bool has_length; /* Content-Length, in length */
	bool bad_length; /* there is one, but it is no number, or too large */
	uint64_t length;
	bool is_encoded;	   /* Content-Encoding that is not identity */
	bool is_html;		   /* Content-Type: text/html */
	bool is_multipart;	   /* Content-Type: multipart/... */
	char etag[HTTP_VALUE_MAX]; /* with its quotes and W/ */
	char last_modified[HTTP_VALUE_MAX]; /* as the server wrote it */
	char logins[64]; /* WWW-Authenticate: the schemes, as "Basic, Digest" */
	size_t header_bytes;
};

/* Begin a new answer. */
void http_answer_init(struct http_answer *);

/*
 * Take one header line of len bytes, with or without its line end. A status
 * line begins a new answer (after a redirect, a 100 or a proxy's CONNECT), of
 * which only the count of bytes goes on.
 *
 * Returns 0; or -1 when the headers exceed HTTP_HEADER_MAX.
 */
int http_answer_line(struct http_answer *, const char *line, size_t len);

/*
 * The validator by which the image is known again (RFC 9110 section 8.8): its
 * ETag, else Last-Modified, else "none", as text. All are weak but a strong
 * ETag. The caller checks the size as well.
 */
enum http_validator http_answer_validator(
    const struct http_answer *, char text[HTTP_VALUE_MAX], bool *weak);

#endif
