/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/netstring.h"
#include "base/number.h"
#include "http/cgi.h"

extern char **environ;

/* --- variables ------------------------------------------------------------ */

struct variable {
	const char *name;
	size_t at; /* offset of its value in the request */
};

#define VARIABLE(name, member)                             \
	{                                                  \
		name, offsetof(struct cgi_request, member) \
	}

static const struct variable known[] = {
    VARIABLE("CONTENT_TYPE", content_type),
    VARIABLE("HTTP_ACCEPT", accept),
    VARIABLE("HTTP_AUTHORIZATION", authorization),
    VARIABLE("HTTP_CONTENT_RANGE", content_range),
    VARIABLE("HTTP_HOST", host),
    VARIABLE("HTTP_IF_MATCH", if_match),
    VARIABLE("HTTP_IF_NONE_MATCH", if_none_match),
    VARIABLE("HTTP_IF_RANGE", if_range),
    VARIABLE("HTTP_LAST_EVENT_ID", last_event_id),
    VARIABLE("HTTP_ODATA_VERSION", odata_version),
    VARIABLE("HTTP_ORIGIN", origin),
    VARIABLE("HTTP_RANGE", range),
    VARIABLE("HTTP_TUS_RESUMABLE", tus_resumable),
    VARIABLE("HTTP_UPLOAD_CHECKSUM", upload_checksum),
    VARIABLE("HTTP_UPLOAD_CONCAT", upload_concat),
    VARIABLE("HTTP_UPLOAD_DEFER_LENGTH", upload_defer_length),
    VARIABLE("HTTP_UPLOAD_LENGTH", upload_length),
    VARIABLE("HTTP_UPLOAD_METADATA", upload_metadata),
    VARIABLE("HTTP_UPLOAD_OFFSET", upload_offset),
    VARIABLE("HTTP_X_AUTH_TOKEN", auth_token),
    VARIABLE("HTTP_X_HTTP_METHOD_OVERRIDE", method_override),
    VARIABLE("REMOTE_ADDR", peer),
    VARIABLE("REQUEST_METHOD", method),
    VARIABLE("REQUEST_URI", path),
    VARIABLE("SERVER_PORT", port),
};

/* A known variable is NULL in the request until it is found, and may come only
 * once. */
static const char *
take(struct cgi_request *r, const char *name, const char *value)
{
	uint64_t length = 0;
	const char **slot;
	size_t i;

	if (strcmp(name, "CONTENT_LENGTH") == 0 ||
	    strcmp(name, "HTTP_CONTENT_LENGTH") == 0) {
		/* CGI allows an empty CONTENT_LENGTH if there is no body. */
		if (*value != '\0' &&
		    number_parse(value, 0, INT64_MAX, &length) == -1)
			return "CONTENT_LENGTH is no number";
		/* If nginx does not wait for the whole body, its CONTENT_LENGTH
		 * has only the bytes that it has received already. */
		r->length = length > r->length ? length : r->length;
	} else if (strcmp(name, "HTTPS") == 0) {
		r->is_tls = strcmp(value, "on") == 0;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		slot = (const char **)(void *)((char *)r + known[i].at);
		if (*slot != NULL)
			return "a variable is there twice";
		*slot = value;
	}
	return NULL;
}

/* Cut the query off the path, and set defaults for what is missing. */
static const char *
complete(struct cgi_request *r)
{
	char *query;

	if (r->method == NULL || r->path == NULL)
		return "REQUEST_METHOD or REQUEST_URI is missing";
	if (r->path[0] != '/')
		return "REQUEST_URI is no path";
	r->own_path = strdup(r->path);
	if (r->own_path == NULL)
		return "there is no memory";
	query = strchr(r->own_path, '?');
	if (query != NULL)
		*query++ = '\0';
	r->path = r->own_path;
	r->query = query != NULL ? query : "";
	if (r->content_type == NULL)
		r->content_type = "";
	if (r->peer == NULL)
		r->peer = "";
	return NULL;
}

const char *
cgi_take_scgi(struct cgi_request *r, const char *head, size_t len)
{
	const char *end = head + len, *name, *value, *why;

	*r = (struct cgi_request){0};
	if (len == 0 || end[-1] != '\0')
		return "the head has no end";
	while (head < end) {
		name = head;
		value = name + strlen(name) + 1;
		if (*name == '\0' || value >= end)
			return "a variable has no value";
		why = take(r, name, value);
		if (why != NULL)
			return why;
		head = value + strlen(value) + 1;
	}
	return complete(r);
}

const char *
cgi_take_environment(struct cgi_request *r)
{
	char **at, *equals, name[32];
	const char *why;
	size_t len;

	*r = (struct cgi_request){0};
	for (at = environ; at != NULL && *at != NULL; at++) {
		equals = strchr(*at, '=');
		len = equals != NULL ? (size_t)(equals - *at) : sizeof(name);
		if (len >= sizeof(name))
			continue;
		memcpy(name, *at, len);
		name[len] = '\0';
		why = take(r, name, equals + 1);
		if (why != NULL)
			return why;
	}
	return complete(r);
}

void
cgi_request_free(struct cgi_request *r)
{
	/* A body may hold a password. */
	if (r->body != NULL)
		explicit_bzero(r->body, r->length);
	free(r->body);
	free(r->own_path);
	*r = (struct cgi_request){0};
}

/* --- reading -------------------------------------------------------------- */

/* Wait for bytes, and read up to len of them. Returns as read(2), or -1 with
 * ETIMEDOUT. */
static ssize_t
read_before(int fd, char *buf, size_t len, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left;
	ssize_t n;
	int ready;

	do {
		left = deadline - clock_ms();
		ready = poll(&p, 1, left > 0 ? (int)left : 0);
		if (ready == 0)
			errno = ETIMEDOUT;
		if (ready <= 0 && errno != EINTR)
			return -1;
		n = ready > 0 ? read(fd, buf, len) : -1;
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	return n;
}

/* Read len bytes. Returns as cgi_read_scgi(). */
static int
read_all(int fd, char *buf, size_t len, int64_t deadline)
{
	ssize_t n;

	for (; len > 0; buf += n, len -= (size_t)n) {
		n = read_before(fd, buf, len, deadline);
		if (n == -1 && errno == ETIMEDOUT)
			return 408;
		if (n <= 0)
			return -1;
	}
	return 0;
}

int
cgi_read_body(struct cgi_request *r, int fd, int64_t deadline)
{
	if (r->length > CGI_BODY_MAX)
		return 413;
	r->body = calloc(1, r->length + 1);
	if (r->body == NULL)
		return 500;
	return read_all(fd, r->body, r->length, deadline);
}

/* Read the length of the head byte by byte, in order not to read any of the
 * body, which has its own memory. */
static int
read_length(int fd, size_t *size, int64_t deadline)
{
	char digits[NETSTRING_OVERHEAD];
	size_t len = 0;
	ssize_t found;
	int status;

	do {
		status = read_all(fd, digits + len, 1, deadline);
		if (status != 0)
			return status;
		len++;
		found = netstring_length(digits, len, CGI_HEAD_MAX - 1, size);
	} while (found == 0 && len < sizeof(digits));
	return found > 0 ? 0 : 400;
}

int
cgi_read_scgi_head(struct cgi_request *r, int fd, char head[CGI_HEAD_MAX],
    int64_t deadline, const char **why)
{
	size_t size = 0;
	int status;

	*r = (struct cgi_request){0};
	*why = "the head is no netstring, or is too long";
	status = read_length(fd, &size, deadline);
	if (status == 0)
		status = read_all(fd, head, size + 1, deadline);
	if (status == 0 && head[size] != ',')
		status = 400;
	if (status != 0)
		return status;
	*why = cgi_take_scgi(r, head, size);
	return *why != NULL ? 400 : 0;
}

int
cgi_read_scgi(struct cgi_request *r, int fd, char head[CGI_HEAD_MAX],
    int64_t deadline, const char **why)
{
	int status = cgi_read_scgi_head(r, fd, head, deadline, why);

	return status == 0 ? cgi_read_body(r, fd, deadline) : status;
}
