/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sources/http-response.h"

static struct http_answer a;

/* Take one header line on its own. */
static struct http_answer *
line(const char *text)
{
	http_answer_init(&a);
	http_answer_line(&a, text, strlen(text));
	return &a;
}

static void
test_range(void)
{
	line("Content-Range: bytes 0-99/1234\r\n");
	CHECK(a.has_range && a.first == 0 && a.last == 99 && a.total == 1234);
	line("content-range:bytes  5-5/9223372036854775807");
	CHECK(a.has_range && a.total == INT64_MAX);
	line("Content-Range: bytes 0-99/*");
	CHECK(a.has_range && a.no_total && a.total == 0);
	line("Content-Range: bytes */77");
	CHECK(!a.has_range && !a.bad_range && a.has_size && a.total == 77);
}

static void
test_length(void)
{
	CHECK(line("Content-Length: 0\r\n")->has_length && a.length == 0);
	CHECK(line("Content-Length: 10\r\n")->has_length && a.length == 10);
	CHECK(!a.bad_length);
	CHECK(!line("Content-Length: 00x\r\n")->has_length && a.bad_length);
	line("Content-Length: 99999999999999999999999\r\n");
	CHECK(!a.has_length && a.bad_length);
}

static void
test_bad_ranges(void)
{
	static const char *bad[] = {"", "bytes", "bytes ", "0-99/1234",
	    "lines 0-9/10", "bytes 9-0/10", "bytes 0-10/10", "bytes -1-9/10",
	    "bytes 0-9/10x", "bytes 0-9", "bytes 0-9/", "bytes 0x1-9/10",
	    "bytes 0-9/9223372036854775808", "bytes 0-9/-10", "bytes */*",
	    "bytes 99999999999999999999-0/1", "bytes 0 - 9/10"};
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "Content-Range: %s\r\n", bad[i]);
		line(text);
		CHECK(!a.has_range && a.bad_range);
	}
}

static void
test_status(void)
{
	CHECK(line("HTTP/1.1 206 Partial Content\r\n")->status == 206);
	CHECK(line("HTTP/2 404\r\n")->status == 404);
	CHECK(line("HTTP/1.1 \r\n")->status == 0);
	CHECK(line("HTTP/1.1 99999 x\r\n")->status == 0);
	/* Another answer begins: nothing of the first one is left. */
	line("ETag: \"old\"");
	http_answer_line(&a, "HTTP/1.1 206 x", 14);
	CHECK(a.status == 206 && a.etag[0] == '\0');
}

static char shown[HTTP_VALUE_MAX];
static bool weak;

static bool
shows(const char *text, bool is_weak)
{
	return strcmp(shown, text) == 0 && weak == is_weak;
}

static void
test_validator(void)
{
	CHECK(http_answer_validator(line("ETag: \"x y\"\r\n"), shown, &weak) ==
	      HTTP_ETAG);
	CHECK(shows("\"x y\"", false));
	line("ETag: W/\"x\"");
	http_answer_line(&a, "Last-Modified: Mon, 1 Jan", 25);
	CHECK(http_answer_validator(&a, shown, &weak) == HTTP_ETAG);
	CHECK(shows("W/\"x\"", true));
	/* A value without quotes is not an ETag. */
	line("ETag: x");
	http_answer_line(&a, "Last-Modified: Mon, 1 Jan", 25);
	CHECK(http_answer_validator(&a, shown, &weak) == HTTP_DATE);
	CHECK(shows("Mon, 1 Jan", true));
	CHECK(http_answer_validator(line("X: y"), shown, &weak) == HTTP_NONE);
	CHECK(shows("none", true));
	/* A value that cannot be shown, or not kept whole, is not a
	 * validator. */
	CHECK(http_answer_validator(line("ETag: \"\x01\""), shown, &weak) ==
	      HTTP_NONE);
}

static int
logins(const char *text, const char *want)
{
	return strcmp(line(text)->logins, want) == 0;
}

/* RFC 9110 section 11.6.1, and what servers really send. */
static void
test_logins(void)
{
	CHECK(logins("WWW-Authenticate: Basic realm=\"a, Digest b\"", "Basic"));
	CHECK(logins("WWW-Authenticate: Negotiate", "Negotiate"));
	CHECK(logins("WWW-Authenticate: Digest realm=\"x\", qop=\"auth,i\", "
		     "nonce=a== , Basic realm=\"y\\\"z, w\"",
	    "Digest, Basic"));
	CHECK(logins(
	    "WWW-Authenticate: Negotiate, Basic, basic", "Negotiate, Basic"));
	CHECK(logins("WWW-Authenticate: Bearer realm=\"open", "Bearer"));
	CHECK(logins("WWW-Authenticate: ,,=\"\\", ""));
	line("WWW-Authenticate: Negotiate");
	http_answer_line(&a, "www-authenticate: NTLM\r\n", 24);
	CHECK(strcmp(a.logins, "Negotiate, NTLM") == 0);
	/* A name that does not fit is left out, never cut. */
	http_answer_line(&a,
	    "www-authenticate: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	    78);
	CHECK(strcmp(a.logins, "Negotiate, NTLM") == 0);
}

static void
test_flags(void)
{
	CHECK(line("Content-Encoding: gzip\r\n")->is_encoded);
	CHECK(!line("Content-Encoding: identity\r\n")->is_encoded);
	CHECK(line("Content-Type: Text/HTML; charset=x")->is_html);
	CHECK(line("Content-Type: Multipart/ByteRanges")->is_multipart);
	CHECK(!line("Content-Type: application/multipart/x")->is_multipart);
	CHECK(!line("Content-Type: application/x-iso9660-image")->is_html);
	CHECK(!line("no colon here")->is_html);
}

/* Endless headers are cut off, and random bytes do no harm. */
static void
test_hostile(void)
{
	unsigned seed = 1, round, i;
	char text[300];
	size_t len;

	http_answer_init(&a);
	memset(text, 'x', sizeof(text));
	for (i = 0; i < HTTP_HEADER_MAX / sizeof(text); i++)
		CHECK(http_answer_line(&a, text, sizeof(text)) == 0);
	CHECK(http_answer_line(&a, text, sizeof(text)) == -1);
	for (round = 0; round < 20000; round++) {
		char *copy;

		len = (size_t)snprintf(text, sizeof(text),
		    "Content-Range: bytes 12-345/6789\r\nETag: \"x\"");
		for (i = 0; i < 4; i++)
			text[rand_r(&seed) % len] = (char)rand_r(&seed);
		len = rand_r(&seed) % (len + 1);
		/* A copy of the exact size: the sanitizer finds a read behind
		 * it. */
		copy = malloc(len + 1);
		memcpy(copy, text, len);
		http_answer_init(&a);
		http_answer_line(&a, copy, len);
		CHECK(!a.has_range || a.first <= a.last);
		free(copy);
	}
}

/* Two long values may differ only after the part that is kept. */
static void
test_long_validators(void)
{
	char text[2 * HTTP_VALUE_MAX] = "ETag: \"";

	memset(text + 7, 'x', HTTP_VALUE_MAX);
	strcpy(text + 7 + HTTP_VALUE_MAX, "\"\r\n");
	line(text);
	CHECK(http_answer_validator(&a, shown, &weak) == HTTP_NONE);
	line("Last-Modified: yesterday\r\n");
	memcpy(text, "ETag: \"", 7);
	http_answer_line(&a, text, strlen(text));
	CHECK(http_answer_validator(&a, shown, &weak) == HTTP_DATE);
	CHECK(shows("yesterday", true));
}

int
main(void)
{
	test_long_validators();
	test_range();
	test_length();
	test_bad_ranges();
	test_status();
	test_validator();
	test_logins();
	test_flags();
	test_hostile();
	return check_status();
}
