/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A request as a web server passes it: its variables are those of CGI (RFC 3875
 * section 4.1), in the environment or, with SCGI (python.ca/scgi/protocol.txt),
 * in a netstring before the body. The format of the answer is the same for
 * both.
 */
#ifndef VM_HTTP_CGI_H
#define VM_HTTP_CGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGI_HEAD_MAX 32768 /* bytes of all variables of an SCGI request */
#define CGI_BODY_MAX 65536 /* bytes of a body */

/* The strings are in the head or the environment, and live as long as it. */
struct cgi_request {
	const char *method; /* as sent: "GET" */
	const char *path;   /* as sent, percent-encoded, without a query */
	const char *query;  /* after the `?`; "" if there is none */
	const char *content_type; /* "" if there is none */
	const char *peer;	  /* the client's address; "" if unknown */
	const char *port;	  /* of the server; NULL if unknown */
	const char *host;	  /* from here on headers; NULL: not sent */
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
	uint64_t length; /* bytes of the body */
	char *body;	 /* `length` bytes and a NUL, when it has been read */
	char *own_path;	 /* `path` and `query` are in this copy */
};

/*
 * Take the variables of an SCGI head: names and values, each with a NUL at its
 * end. The request points into the head. Returns NULL; or a constant text that
 * says what is wrong.
 */
const char *cgi_take_scgi(struct cgi_request *, const char *head, size_t len);

/* Take the variables from the environment. Returns as above. */
const char *cgi_take_environment(struct cgi_request *);

/* Erase and free the request's body, and free its copy of the path. */
void cgi_request_free(struct cgi_request *);

/*
 * Read the head of an SCGI request from a socket into `head`, until `deadline`
 * (clock_ms()). The body, of `length` bytes, stays in the socket. Returns 0; or
 * an HTTP status to refuse the request: 400 (*why says why) or 408; or -1 if
 * the peer has gone.
 */
int cgi_read_scgi_head(struct cgi_request *, int fd, char head[CGI_HEAD_MAX],
    int64_t deadline, const char **why);

/* The same, and read the body into its own memory: also returns 413 and 500. */
int cgi_read_scgi(struct cgi_request *, int fd, char head[CGI_HEAD_MAX],
    int64_t deadline, const char **why);

/* Read from fd the body of a request whose head has been read. Returns as
 * above. */
int cgi_read_body(struct cgi_request *, int fd, int64_t deadline);

#endif
