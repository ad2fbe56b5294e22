/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Parse the header of a server's answer, line by line: the fields of RFC 9110
 * that decide whether its bytes are the requested range. No I/O and no
 * allocation; the lines may be hostile.
 */
#ifndef VM_SOURCES_HTTP_RESPONSE_H
#define VM_SOURCES_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_VALUE_MAX	256	    /* bytes of a validator, with its NUL */
#define HTTP_HEADER_MAX (64 * 1024) /* bytes of one answer's header lines */

enum http_validator {
	HTTP_NONE,
	HTTP_DATE,
	HTTP_ETAG
};

struct http_answer {
	int status;	/* 0 before the status line */
	bool has_range; /* Content-Range: bytes first-last/total */
	uint64_t first, last, total;
	bool no_total;	 /* Content-Range has total "*" (total is 0) */
	bool has_size;	 /* Content-Range has "*" and the size (total) */
	bool bad_range;	 /* Content-Range is invalid */
	bool has_length; /* Content-Length, in length */
	bool bad_length; /* Content-Length is not a number, or too large */
	uint64_t length;
	bool is_encoded;	   /* Content-Encoding other than identity */
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
 * line begins a new answer (after a redirect, a 100 or a proxy's CONNECT): all
 * fields are reset, except the count of header bytes.
 *
 * Returns 0; or -1 when the headers exceed HTTP_HEADER_MAX.
 */
int http_answer_line(struct http_answer *, const char *line, size_t len);

/*
 * Returns the kind of the validator that identifies the image (RFC 9110 section
 * 8.8), with its text: its ETag, or else Last-Modified, or else "none". Only a
 * strong ETag is not weak. The caller checks the size as well.
 */
enum http_validator http_answer_validator(
    const struct http_answer *, char text[HTTP_VALUE_MAX], bool *weak);

#endif
