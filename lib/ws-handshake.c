/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <bearssl.h>

#include "ws-handshake.h"

#define GUID	   "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define VERSION_13 "13"

/* --- base64 (RFC 4648 section 4), which BearSSL 0.6 can't write ---------- */

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
base64(const unsigned char *bytes, size_t len, char *out)
{
	unsigned long word;
	size_t i, k, have;

	for (i = 0; i < len; i += 3) {
		have = len - i < 3 ? len - i : 3;
		for (word = 0, k = 0; k < 3; k++)
			word = word << 8 | (k < have ? bytes[i + k] : 0);
		for (k = 0; k < 4; k++)
			*out++ = k <= have ? alphabet[word >> (18 - 6 * k) & 63]
					   : '=';
	}
	*out = '\0';
}

/* Is it the base64 of 16 bytes? */
static bool
is_key(const char *text)
{
	return strlen(text) == WS_KEY_SIZE - 1 &&
	       strspn(text, alphabet) == WS_KEY_SIZE - 3 &&
	       strcmp(text + WS_KEY_SIZE - 3, "==") == 0;
}

void
ws_key(const unsigned char random[16], char key[WS_KEY_SIZE])
{
	base64(random, 16, key);
}

void
ws_accept(const char *key, char accept[WS_ACCEPT_SIZE])
{
	unsigned char hash[br_sha1_SIZE];
	br_sha1_context sha;

	br_sha1_init(&sha);
	br_sha1_update(&sha, key, strlen(key));
	br_sha1_update(&sha, GUID, sizeof(GUID) - 1);
	br_sha1_out(&sha, hash);
	base64(hash, sizeof(hash), accept);
}

/* --- words ---------------------------------------------------------------- */

/* RFC 9110 section 5.6.2. */
static bool
is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/*
 * The next element of a list with commas, its length in *len; NULL at the end.
 * *at goes on behind it.
 */
static const char *
next_element(const char **at, size_t *len)
{
	const char *begin = *at + strspn(*at, ", \t"), *end;

	if (*begin == '\0')
		return NULL;
	end = begin + strcspn(begin, ",");
	*at = end;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*len = (size_t)(end - begin);
	return begin;
}

static bool
has_token(const char *list, const char *token)
{
	const char *element;
	size_t len;

	while (list != NULL && (element = next_element(&list, &len)) != NULL)
		if (len == strlen(token) &&
		    strncasecmp(element, token, len) == 0)
			return true;
	return false;
}

/* Is each element a token, as a subprotocol must be? */
static bool
is_list_of_tokens(const char *list)
{
	const char *element;
	size_t len, i, count = 0;

	while ((element = next_element(&list, &len)) != NULL) {
		count++;
		for (i = 0; i < len; i++)
			if (!is_token_char((unsigned char)element[i]))
				return false;
	}
	return count > 0;
}

/* --- blocks --------------------------------------------------------------- */

size_t
ws_block_length(const char *buf, size_t len)
{
	const char *end = memmem(buf, len, "\r\n\r\n", 4);

	return end != NULL ? (size_t)(end - buf) + 4 : 0;
}

/* What may be there once is NULL until then; what is missing has no place. */
struct header {
	const char *name;
	const char **value;
};

/* Cut off the next line of a block. NULL at its end, or where it is wrong. */
static char *
next_line(char **at, const char *end)
{
	char *line = *at, *c;

	c = memmem(line, (size_t)(end - line), "\r\n", 2);
	if (c == NULL)
		return NULL;
	*at = c + 2;
	*c = '\0';
	/* No NUL, no bare CR or LF, no control character but a tab. */
	if (strlen(line) != (size_t)(c - line))
		return NULL;
	for (c = line; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return NULL;
	return line;
}

/* "Name: value" into both; false where it is none. */
static bool
split(char *line, char **value)
{
	char *colon = strchr(line, ':'), *c, *end;

	if (colon == NULL || colon == line)
		return false;
	/* So that neither a folded line nor a space before the colon passes. */
	for (c = line; c < colon; c++)
		if (!is_token_char((unsigned char)*c))
			return false;
	*colon = '\0';
	*value = colon + 1 + strspn(colon + 1, " \t");
	for (end = *value + strlen(*value);
	     end > *value && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	return true;
}

/* The lines behind the first one. */
struct headers {
	const struct header *known;
	const char **protocols; /* WS_PROTOCOLS_MAX of them */
	unsigned protocol_count;
	/* Of lists that may come in several headers: */
	bool upgrades;	 /* Upgrade has "websocket" */
	bool is_upgrade; /* Connection has "upgrade" */
};

/* One of those that may be there once, or is of no interest. */
static const char *
take_once(const struct header *h, const char *name, const char *value)
{
	for (; h->name != NULL; h++) {
		if (strcasecmp(name, h->name) != 0)
			continue;
		if (*h->value != NULL)
			return "a header twice";
		*h->value = value;
	}
	return NULL;
}

static const char *
take_header(struct headers *h, const char *name, const char *value)
{
	if (strcasecmp(name, "Upgrade") == 0) {
		h->upgrades = h->upgrades || has_token(value, "websocket");
		return NULL;
	}
	if (strcasecmp(name, "Connection") == 0) {
		h->is_upgrade = h->is_upgrade || has_token(value, "upgrade");
		return NULL;
	}
	if (strcasecmp(name, "Sec-WebSocket-Protocol") != 0)
		return take_once(h->known, name, value);
	if (h->protocol_count == WS_PROTOCOLS_MAX || !is_list_of_tokens(value))
		return "subprotocols that are none";
	h->protocols[h->protocol_count++] = value;
	return NULL;
}

/* All of them, up to the empty line. NULL, or what is wrong. */
static const char *
take_headers(struct headers *h, char *at, const char *end)
{
	const char *wrong = NULL;
	char *line, *value;

	while ((line = next_line(&at, end)) != NULL && *line != '\0') {
		if (!split(line, &value))
			return "a header that is none";
		wrong = take_header(h, line, value);
		if (wrong != NULL)
			return wrong;
	}
	return line == NULL || at != end ? "a line that is none" : NULL;
}

/* --- the server's side ---------------------------------------------------- */

/* "GET /path HTTP/1.1". Returns 0 or a status. */
static int
take_request_line(char *line, struct ws_request *request, const char **why)
{
	char *path = strchr(line, ' '), *version;

	*why = "the request line is none";
	if (path == NULL)
		return 400;
	*path++ = '\0';
	version = strchr(path, ' ');
	if (version == NULL || path[0] != '/')
		return 400;
	*version++ = '\0';
	*why = "HTTP/1.1 is what is spoken here";
	if (strcmp(version, "HTTP/1.1") != 0)
		return 400;
	*why = "a WebSocket is opened by GET";
	if (strcmp(line, "GET") != 0)
		return 405;
	request->path = path;
	return 0;
}

/* What RFC 6455 section 4.2.1 wants of it. */
static int
check_request(const struct ws_request *request, const struct headers *h,
    const char *version, const char **why)
{
	*why = "no Host, or an empty one";
	if (request->host == NULL || *request->host == '\0')
		return 400;
	*why = "no upgrade to websocket";
	if (!h->upgrades || !h->is_upgrade)
		return 400;
	*why = "version 13 is what is spoken here";
	if (version == NULL || strcmp(version, VERSION_13) != 0)
		return 426;
	*why = "no Sec-WebSocket-Key of 16 bytes";
	if (request->key == NULL || !is_key(request->key))
		return 400;
	*why = NULL;
	return 0;
}

int
ws_request_parse(
    char *block, size_t len, struct ws_request *request, const char **why)
{
	const char *version = NULL, *length = NULL, *encoding = NULL;
	const struct header known[] = {{"Host", &request->host},
	    {"Origin", &request->origin}, {"Sec-WebSocket-Key", &request->key},
	    {"Sec-WebSocket-Version", &version}, {"Cookie", &request->cookie},
	    {"Authorization", &request->authorization},
	    {"X-Auth-Token", &request->token}, {"Content-Length", &length},
	    {"Transfer-Encoding", &encoding}, {NULL, NULL}};
	struct headers h = {.known = known, .protocols = request->protocols};
	char *at = block, *line;
	int status;

	memset(request, 0, sizeof(*request));
	line = next_line(&at, block + len);
	*why = "the request line is none";
	if (line == NULL)
		return 400;
	status = take_request_line(line, request, why);
	if (status != 0)
		return status;
	*why = take_headers(&h, at, block + len);
	if (*why != NULL)
		return 400;
	/* What came behind it would be a body to others, and frames to us. */
	*why = "a body";
	if (encoding != NULL || (length != NULL && strcmp(length, "0") != 0))
		return 400;
	request->protocol_count = h.protocol_count;
	return check_request(request, &h, version, why);
}

bool
ws_request_offers(const struct ws_request *request, const char *protocol)
{
	const char *list, *element;
	size_t len;
	unsigned i;

	/* Their case is theirs to tell (RFC 6455 section 11.5). */
	for (i = 0; i < request->protocol_count; i++)
		for (list = request->protocols[i];
		     (element = next_element(&list, &len)) != NULL;)
			if (len == strlen(protocol) &&
			    memcmp(element, protocol, len) == 0)
				return true;
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
		while ((element = next_element(&list, &len)) != NULL) {
			if (len <= skip || memcmp(element, prefix, skip) != 0)
				continue;
			if (len - skip >= size || ++count > 1)
				return NULL;
			memcpy(buf, element + skip, len - skip);
			buf[len - skip] = '\0';
		}
	}
	return count == 1 ? buf : NULL;
}

/* The length that snprintf(3) returned, if all of it had room. */
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
	    {408, "Request Timeout"}, {409, "Conflict"},
	    {426, "Upgrade Required"}, {431, "Request Header Fields Too Large"},
	    {503, "Service Unavailable"}};
	const char *phrase = "Refused";
	size_t i;

	for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			phrase = phrases[i].text;
	return whole(
	    snprintf(buf, size,
		"HTTP/1.1 %d %s\r\n"
		"Connection: close\r\n"
		"Content-Type: text/plain\r\n"
		"Content-Length: %zu\r\n"
		"%s%s\r\n%s\n",
		status, phrase, strlen(why) + 1,
		status == 405 ? "Allow: GET\r\n" : "",
		status == 426 ? "Sec-WebSocket-Version: 13\r\n" : "", why),
	    size);
}

/* --- the client's side ---------------------------------------------------- */

/* "HTTP/1.1 101 ...": its status, 0 where there is none. */
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

const char *
ws_answer_check(
    char *block, size_t len, const char *key, const char *protocol, int *status)
{
	const char *accept = NULL, *extensions = NULL;
	const char *protocols[WS_PROTOCOLS_MAX];
	const struct header known[] = {{"Sec-WebSocket-Accept", &accept},
	    {"Sec-WebSocket-Extensions", &extensions}, {NULL, NULL}};
	struct headers h = {.known = known, .protocols = protocols};
	char *at = block, *line = next_line(&at, block + len);
	char expected[WS_ACCEPT_SIZE];
	const char *wrong;

	*status = line != NULL ? take_status_line(line) : 0;
	if (*status == 0)
		return "the server does not speak HTTP/1.1";
	if (*status != 101)
		return "the server refuses";
	wrong = take_headers(&h, at, block + len);
	if (wrong != NULL)
		return wrong;
	ws_accept(key, expected);
	if (!h.upgrades || !h.is_upgrade)
		return "the server does not upgrade to websocket";
	if (accept == NULL || strcmp(accept, expected) != 0)
		return "the server's Sec-WebSocket-Accept is not of our key";
	if (extensions != NULL)
		return "the server wants an extension that was not offered";
	if (h.protocol_count > 1 ||
	    (h.protocol_count == 1 &&
		(protocol == NULL || strcmp(protocols[0], protocol) != 0)))
		return "the server wants a subprotocol that was not offered";
	if (protocol != NULL && h.protocol_count == 0)
		return "the server does not know the subprotocol";
	return NULL;
}
