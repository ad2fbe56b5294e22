/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A request as a web server hands it over: its variables are those of CGI (RFC
 * 3875 section 4.1), in the environment or, by SCGI (python.ca/scgi/protocol.txt),
 * in a netstring before the body. The answer is the same for both.
 */
#ifndef VM_HTTP_CGI_H
#define VM_HTTP_CGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGI_HEAD_MAX 32768 /* bytes of all variables of a request by SCGI */
#define CGI_BODY_MAX 65536 /* bytes of a body */

/* Strings belong to the head or the environment, and live as long. */
struct cgi_request {
	const char *method; /* as sent: "GET" */
	const char *path;   /* as sent, percent-encoded, without a query */
	const char *query;  /* behind the `?`; "" if there is none */
	const char *content_type; /* "" if there is none */
	const char *peer;	  /* the client's address; "" if unknown */
	const char *port;	  /* of the server; NULL if unknown */
	const char *host;	  /* these are headers; NULL: it sent none */
	const char *accept;
	const char *authorization;
	const char *auth_token; /* X-Auth-Token */
	const char *if_match;
	const char *if_none_match;
	const char *if_range;
	const char *last_event_id;
	const char *odata_version;
	const char *origin;
	const char *range;
	const char *content_range;
	const char *method_override; /* X-HTTP-Method-Override */
	const char *tus_resumable;
	const char *upload_checksum;
	const char *upload_concat;
	const char *upload_defer_length;
	const char *upload_length;
	const char *upload_metadata;
	const char *upload_offset;
	bool is_tls;
	uint64_t length; /* bytes of the body that will come */
	char *body;	 /* `length` bytes and a NUL, when it has been read */
	char *own_path;	 /* what cgi_request_free() frees */
};

/*
 * Take the variables of an SCGI head: names and values, each with a NUL at its
 * end. They stay where they are. Returns NULL; or a constant text that says what
 * is wrong with them.
 */
const char *cgi_take_scgi(struct cgi_request *, const char *head, size_t len);

/* Take those in the environment. Returns as above. */
const char *cgi_take_environment(struct cgi_request *);

/* Free what belongs to the request: its body and a copy of its path. */
void cgi_request_free(struct cgi_request *);

/*
 * Read the head of a request by SCGI from a socket into `head`, until a moment of
 * clock_ms(). What the socket has then is the body, of r->length bytes. Returns 0,
 * or the HTTP status that refuses it: 400 (*why says why), 408; or -1 where the
 * peer has gone.
 */
int cgi_read_scgi_head(struct cgi_request *, int fd, char head[CGI_HEAD_MAX],
    int64_t deadline, const char **why);

/* The same, and the body into memory of its own: 413 and 500, too. */
int cgi_read_scgi(struct cgi_request *, int fd, char head[CGI_HEAD_MAX],
    int64_t deadline, const char **why);

/* Read the body of a request whose head is known from fd. Returns as above. */
int cgi_read_body(struct cgi_request *, int fd, int64_t deadline);

#endif
