/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "base/clock.h"
#include "base/netstring.h"
#include "http/cgi.h"

static char head[CGI_HEAD_MAX];
static const char *why;

/* A head made of these words, each with its NUL. */
#define HEAD(words) words, sizeof(words) - 1

static const char *
takes(struct cgi_request *r, const char *words, size_t len)
{
	const char *wrong = cgi_take_scgi(r, words, len);

	if (wrong != NULL)
		cgi_request_free(r);
	return wrong;
}

static void
test_variables(void)
{
	struct cgi_request r;

	CHECK(takes(&r, HEAD("CONTENT_LENGTH\0"
			     "5\0SCGI\0"
			     "1\0REQUEST_METHOD\0POST\0"
			     "REQUEST_URI\0/a%20b/?x=1\0HTTPS\0on\0"
			     "HTTP_X_AUTH_TOKEN\0abc\0REMOTE_ADDR\0::1\0")) ==
	      NULL);
	CHECK(r.length == 5 && r.is_tls);
	CHECK(strcmp(r.method, "POST") == 0);
	CHECK(strcmp(r.path, "/a%20b/") == 0 && strcmp(r.query, "x=1") == 0);
	CHECK(strcmp(r.auth_token, "abc") == 0 && r.authorization == NULL);
	CHECK(strcmp(r.peer, "::1") == 0 && strcmp(r.content_type, "") == 0);
	cgi_request_free(&r);
	CHECK(takes(&r, HEAD("REQUEST_METHOD\0GET\0REQUEST_URI\0/\0"
			     "CONTENT_LENGTH\0\0")) == NULL);
	CHECK(r.length == 0 && !r.is_tls && *r.query == '\0');
	cgi_request_free(&r);
	/* As nginx sends it without scgi_request_buffering. */
	CHECK(takes(&r, HEAD("CONTENT_LENGTH\0"
			     "3\0REQUEST_METHOD\0PUT\0REQUEST_URI\0/\0"
			     "HTTP_CONTENT_LENGTH\0"
			     "7\0")) == NULL);
	CHECK(r.length == 7);
	cgi_request_free(&r);
}

static void
test_wrong_variables(void)
{
	struct cgi_request r;

	CHECK(takes(&r, HEAD("")) != NULL);
	CHECK(takes(&r, "X", 1) != NULL);
	CHECK(takes(&r, HEAD("REQUEST_METHOD\0GET\0")) != NULL);
	CHECK(takes(&r, HEAD("REQUEST_METHOD\0GET\0REQUEST_URI\0x\0")) != NULL);
	CHECK(takes(&r, HEAD("REQUEST_METHOD\0GET\0REQUEST_URI\0/\0X\0")) !=
	      NULL);
	CHECK(takes(&r, HEAD("REQUEST_METHOD\0GET\0REQUEST_URI\0/\0\0x\0")) !=
	      NULL);
	CHECK(takes(&r, HEAD("REQUEST_METHOD\0GET\0REQUEST_URI\0/\0"
			     "HTTP_ORIGIN\0a\0HTTP_ORIGIN\0b\0")) != NULL);
	CHECK(takes(&r, HEAD("REQUEST_METHOD\0GET\0REQUEST_URI\0/\0"
			     "CONTENT_LENGTH\0-1\0")) != NULL);
}

static void
test_environment(void)
{
	struct cgi_request r;

	clearenv();
	CHECK(cgi_take_environment(&r) != NULL);
	cgi_request_free(&r);
	setenv("REQUEST_METHOD", "PATCH", 1);
	setenv("REQUEST_URI", "/redfish/v1/$metadata", 1);
	setenv("HTTP_A_NAME_THAT_IS_LONGER_THAN_ALL_THAT_WE_KNOW", "x", 1);
	CHECK(cgi_take_environment(&r) == NULL);
	CHECK(strcmp(r.path, "/redfish/v1/$metadata") == 0);
	CHECK(strcmp(r.method, "PATCH") == 0);
	cgi_request_free(&r);
}

/* Returns the server's status for these bytes; the client then closes, or it
 * waits. */
static int
answers(const char *bytes, size_t len, bool ends, struct cgi_request *r)
{
	int pair[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return -2;
	if (write(pair[1], bytes, len) != (ssize_t)len)
		return -2;
	if (ends)
		shutdown(pair[1], SHUT_WR);
	status = cgi_read_scgi(
	    r, pair[0], head, clock_ms() + (ends ? 60000 : 0), &why);
	close(pair[0]);
	close(pair[1]);
	return status;
}

#define GET_HEAD "REQUEST_METHOD\0GET\0REQUEST_URI\0/\0CONTENT_LENGTH\0"

static void
test_reading(void)
{
	static char large[CGI_HEAD_MAX + 64], text[CGI_HEAD_MAX];
	struct cgi_request r;
	size_t len;

	CHECK(answers(HEAD("50:" GET_HEAD "5\0,helloX"), true, &r) == 0);
	CHECK(strcmp(r.body, "hello") == 0);
	cgi_request_free(&r);
	CHECK(answers(HEAD("50:" GET_HEAD "5\0,hell"), true, &r) == -1);
	cgi_request_free(&r);
	CHECK(answers(HEAD("50:" GET_HEAD "5\0,hell"), false, &r) == 408);
	cgi_request_free(&r);
	CHECK(answers(HEAD("54:" GET_HEAD "65537\0,"), false, &r) == 413);
	cgi_request_free(&r);
	CHECK(answers(HEAD("50:" GET_HEAD "5\0;hello"), true, &r) == 400);
	CHECK(answers(HEAD("GET / HTTP/1.1\r\n"), true, &r) == 400);
	CHECK(answers(HEAD("x"), true, &r) == 400);
	CHECK(answers(HEAD("5"), true, &r) == -1);
	memset(text, 'x', sizeof(text));
	len = netstring_write(large, sizeof(large), text, sizeof(text));
	CHECK(len > 0 && answers(large, len, true, &r) == 400);
}

int
main(void)
{
	test_variables();
	test_wrong_variables();
	test_environment();
	test_reading();
	return check_status();
}
