/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ws/handshake.h"

/* --- the server's side ---------------------------------------------------- */

/*
 * Take the target: a path, or a whole URL (RFC 9112 section 3.2.2), whose host
 * replaces the Host header. The host is moved over a slash, to make room for
 * its NUL. Returns false if it is neither.
 */
static bool
take_target(char *target, struct ws_request *request)
{
	char *host = NULL;
	size_t len;

	if (strncasecmp(target, "http://", 7) == 0)
		host = target + 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		host = target + 8;
	request->path = target;
	if (host == NULL)
		return target[0] == '/';
	len = strcspn(host, "/?");
	request->path = host[len] != '\0' ? host + len : "/";
	request->target_host = memmove(host - 1, host, len);
	host[(ptrdiff_t)len - 1] = '\0';
	return request->path[0] == '/';
}

/* "HTTP/1.1", or a later compatible version (RFC 9110 section 2.5). */
static bool
is_version(const char *text)
{
	return strncmp(text, "HTTP/1.", 7) == 0 && text[7] >= '1' &&
	       text[7] <= '9' && text[8] == '\0';
}

/* "GET /path HTTP/1.1". Returns 0 or a status. */
static int
take_request_line(char *line, struct ws_request *request, const char **why)
{
	char *target = strchr(line, ' '), *version;

	*why = "the request line is malformed";
	if (target == NULL)
		return 400;
	*target++ = '\0';
	version = strchr(target, ' ');
	if (version == NULL || strchr(target, '\t') != NULL)
		return 400;
	*version++ = '\0';
	if (!take_target(target, request))
		return 400;
	*why = "the request must be HTTP/1.1";
	if (!is_version(version))
		return 400;
	*why = "a WebSocket is opened with GET";
	if (strcmp(line, "GET") != 0)
		return 405;
	return 0;
}

/* A host, with or without a port (RFC 3986 section 3.2.2). */
static bool
is_host(const char *text)
{
	static const char hex[] = "0123456789abcdefABCDEF:.",
			  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~%!$&'()*+;=";
	size_t len = strspn(text, letters);

	if (text[0] == '[') {
		len = 1 + strspn(text + 1, hex);
		if (text[len++] != ']')
			return false;
	}
	if (len > 0 && text[len] == ':')
		len += 1 + strspn(text + len + 1, "0123456789");
	return len > 0 && text[len] == '\0';
}

/* The requirements of RFC 6455 section 4.2.1. */
static int
check_request(const struct ws_request *request, const struct ws_upgrade *u,
    const char *version, const char **why)
{
	*why = "no Host, or an invalid one";
	if (request->host == NULL || !is_host(request->host))
		return 400;
	*why = "no upgrade to websocket";
	if (!u->has_websocket || !u->has_upgrade)
		return 400;
	*why = "Sec-WebSocket-Version must be 13";
	if (version == NULL || strcmp(version, "13") != 0)
		return 426;
	*why = "no Sec-WebSocket-Key of 16 bytes";
	if (request->key == NULL || !ws_is_key(request->key))
		return 400;
	*why = NULL;
	return 0;
}

int
ws_request_parse(
    char *block, size_t len, struct ws_request *request, const char **why)
{
	const char *version = NULL, *length = NULL, *encoding = NULL;
	const struct http_header known[] = {{"Host", &request->host},
	    {"Origin", &request->origin}, {"Sec-WebSocket-Key", &request->key},
	    {"Sec-WebSocket-Version", &version}, {"Cookie", &request->cookie},
	    {"Authorization", &request->authorization},
	    {"X-Auth-Token", &request->token}, {"Content-Length", &length},
	    {"Transfer-Encoding", &encoding}, {NULL, NULL}};
	struct ws_upgrade u = {.known = known,
	    .forwarded = &request->forwarded,
	    .protocols = request->protocols};
	char *at = block, *line;
	int status;

	memset(request, 0, sizeof(*request));
	/* A careless client may send an empty line first (RFC 9112 2.2). */
	if (len > 2 && memcmp(at, "\r\n", 2) == 0)
		at += 2;
	line = http_line_next(&at, block + len);
	*why = "the request line is malformed";
	if (line == NULL)
		return 400;
	status = take_request_line(line, request, why);
	if (status != 0)
		return status;
	*why = ws_upgrade_take(&u, at, block + len);
	if (*why != NULL)
		return 400;
	/* Another server would read a body where we read frames. */
	*why = "a WebSocket request has no body";
	if (encoding != NULL || (length != NULL && strcmp(length, "0") != 0))
		return 400;
	request->protocol_count = u.protocol_count;
	if (request->host != NULL && request->target_host != NULL)
		request->host = request->target_host;
	return check_request(request, &u, version, why);
}

/* Is the subprotocol in that list? Case counts (RFC 6455 section 11.5). */
static bool
has_protocol(const char *list, const char *protocol)
{
	const char *element;
	size_t len;

	while ((element = http_list_next(&list, &len)) != NULL)
		if (len == strlen(protocol) &&
		    memcmp(element, protocol, len) == 0)
			return true;
	return false;
}

bool
ws_request_protocol(
    const struct ws_request *request, unsigned index, char *buf, size_t size)
{
	const char *list, *element;
	size_t len;
	unsigned i;

	for (i = 0; i < request->protocol_count; i++) {
		list = request->protocols[i];
		while ((element = http_list_next(&list, &len)) != NULL) {
			if (index-- > 0)
				continue;
			if (len >= size)
				len = 0;
			memcpy(buf, element, len);
			buf[len] = '\0';
			return true;
		}
	}
	return false;
}

const char *
ws_request_ticket(const struct ws_request *request, const char *prefix,
    char *buf, size_t size)
{
	size_t len, skip = strlen(prefix);
	const char *list, *element;
	unsigned i, count = 0;

	for (i = 0; i < request->protocol_count; i++) {
		list = request->protocols[i];
		while ((element = http_list_next(&list, &len)) != NULL) {
			if (len <= skip || memcmp(element, prefix, skip) != 0)
				continue;
			if (len - skip >= size || ++count > 1) {
				*buf = '\0';
				return NULL;
			}
			memcpy(buf, element + skip, len - skip);
			buf[len - skip] = '\0';
		}
	}
	return count == 1 ? buf : NULL;
}

/* The length that snprintf(3) returned, or 0 if the text was cut. */
static size_t
whole(int len, size_t size)
{
	return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

size_t
ws_answer(char *buf, size_t size, const struct ws_request *request,
    const char *protocol)
{
	char accept[WS_ACCEPT_SIZE];

	ws_accept(request->key, accept);
	return whole(
	    snprintf(buf, size,
		"HTTP/1.1 101 Switching Protocols\r\n"
		"Upgrade: websocket\r\n"
		"Connection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n"
		"%s%s%s\r\n",
		accept, protocol != NULL ? "Sec-WebSocket-Protocol: " : "",
		protocol != NULL ? protocol : "",
		protocol != NULL ? "\r\n" : ""),
	    size);
}

size_t
ws_refusal(char *buf, size_t size, int status, const char *why)
{
	static const struct {
		int status;
		const char *text;
	} phrases[] = {{400, "Bad Request"}, {401, "Unauthorized"},
	    {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
	    {408, "Request Timeout"}, {409, "Conflict"}, {414, "URI Too Long"},
	    {426, "Upgrade Required"}, {431, "Request Header Fields Too Large"},
	    {503, "Service Unavailable"}};
	const char *phrase = "Refused";
	size_t i;

	for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			phrase = phrases[i].text;
	return whole(snprintf(buf, size,
			 "HTTP/1.1 %d %s\r\n"
			 "Connection: close\r\n"
			 "Content-Type: text/plain\r\n"
			 "Content-Length: %zu\r\n"
			 "%s%s\r\n%s\n",
			 status, phrase, strlen(why) + 1,
			 status == 405 ? "Allow: GET\r\n" : "",
			 status == 426 ? "Upgrade: websocket\r\n"
					 "Sec-WebSocket-Version: 13\r\n"
				       : "",
			 why),
	    size);
}

/* --- the client's side ---------------------------------------------------- */

/* The status in "HTTP/1.1 101 ..."; 0 if there is none. */
static int
take_status_line(const char *line)
{
	const char *digits = line + 9;

	if (strncmp(line, "HTTP/1.1 ", 9) != 0 ||
	    strspn(digits, "0123456789") != 3 ||
	    (digits[3] != ' ' && digits[3] != '\0'))
		return 0;
	return atoi(digits);
}

/* Are the headers of a refusal valid, and does plain text follow them? */
static bool
has_text(char *at, const char *end)
{
	const char *type = NULL, *coding = NULL, *protocols[WS_PROTOCOLS_MAX];
	const struct http_header known[] = {{"Content-Type", &type},
	    {"Transfer-Encoding", &coding}, {NULL, NULL}};
	struct ws_upgrade u = {.known = known, .protocols = protocols};

	return ws_upgrade_take(&u, at, end) == NULL && coding == NULL &&
	       type != NULL && strncasecmp(type, "text/plain", 10) == 0;
}

const char *
ws_answer_check(char *block, size_t len, const char *key, const char *offered,
    struct ws_answer *answer)
{
	const char *accept = NULL, *extensions = NULL;
	const char *protocols[WS_PROTOCOLS_MAX];
	const struct http_header known[] = {{"Sec-WebSocket-Accept", &accept},
	    {"Sec-WebSocket-Extensions", &extensions}, {NULL, NULL}};
	struct ws_upgrade u = {.known = known, .protocols = protocols};
	char *at = block, *line = http_line_next(&at, block + len);
	char expected[WS_ACCEPT_SIZE];
	const char *wrong;

	answer->status = line != NULL ? take_status_line(line) : 0;
	answer->has_text = false;
	if (answer->status == 0)
		return "the server does not speak HTTP/1.1";
	if (answer->status != 101) {
		answer->has_text = has_text(at, block + len);
		return "the server refuses";
	}
	wrong = ws_upgrade_take(&u, at, block + len);
	if (wrong != NULL)
		return wrong;
	ws_accept(key, expected);
	if (!u.has_websocket || !u.has_upgrade)
		return "the server does not upgrade to websocket";
	if (accept == NULL || strcmp(accept, expected) != 0)
		return "the server's Sec-WebSocket-Accept is not of our key";
	if (extensions != NULL)
		return "the server wants an extension that was not offered";
	if (u.protocol_count > 1 ||
	    (u.protocol_count == 1 &&
		(offered == NULL || !has_protocol(offered, protocols[0]))))
		return "the server wants a subprotocol that was not offered";
	if (offered != NULL && u.protocol_count == 0)
		return "the server does not know the subprotocol";
	return NULL;
}
