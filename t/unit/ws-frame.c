/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * WebSocket frames: each rule of RFC 6455 section 5, whole and byte by byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/frame.h"

/* The parser's events as text: "data:Hel data:lo ping:x close:1000:bye". */
static char told[4096];

static void
tell(const struct ws_event *e)
{
	char *end = told + strlen(told);
	size_t room = sizeof(told) - strlen(told);
	const char *bytes = e->bytes != NULL ? (const char *)e->bytes : "";

	switch (e->kind) {
	case WS_DATA:
		snprintf(end, room, "%.*s", (int)e->len, bytes);
		break;
	case WS_GOT_PING:
		snprintf(end, room, "<ping %.*s>", (int)e->len, bytes);
		break;
	case WS_GOT_PONG:
		snprintf(end, room, "<pong %.*s>", (int)e->len, bytes);
		break;
	case WS_GOT_CLOSE:
		snprintf(
		    end, room, "<close %u %.*s>", e->code, (int)e->len, bytes);
		break;
	case WS_ERROR:
		snprintf(end, room, "<error %u>", e->code);
		break;
	default:
		break;
	}
}

/* Feed a copy of the bytes in pieces of this size. */
static const char *
parse(const void *bytes, size_t len, size_t piece, bool is_server, bool text)
{
	unsigned char *copy = malloc(len + 1);
	struct ws_parser p;
	struct ws_event e;
	size_t at = 0, end = 0;

	memcpy(copy, bytes, len);
	told[0] = '\0';
	ws_parser_init(&p, is_server, text);
	while (end < len) {
		end = end + piece < len ? end + piece : len;
		do {
			at += ws_parse(&p, copy + at, end - at, &e);
			tell(&e);
		} while (e.kind != WS_NOTHING);
	}
	free(copy);
	return told;
}

/* The events must be the same for pieces of any size. */
#define SAYS(literal, is_server, text, expected)                         \
	do {                                                             \
		size_t piece;                                            \
		for (piece = 1; piece <= sizeof(literal); piece++)       \
			CHECK(strcmp(parse(literal, sizeof(literal) - 1, \
					 piece, is_server, text),        \
				  expected) == 0);                       \
	} while (0)
#define CLIENT_SAYS(literal, expected) SAYS(literal, true, false, expected)
#define SERVER_SAYS(literal, expected) SAYS(literal, false, false, expected)
#define TEXT_SAYS(literal, expected)   SAYS(literal, false, true, expected)

static void
test_data(void)
{
	/* The examples of RFC 6455 section 5.7, as binary. */
	SERVER_SAYS("\x82\x05Hello", "Hello");
	CLIENT_SAYS("\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "Hello");
	SERVER_SAYS("\x02\x03Hel\x80\x02lo", "Hello");
	SERVER_SAYS("\x82\x00\x82\x01x", "x");
	SERVER_SAYS("\x02\x00\x00\x00\x80\x00\x82\x01x", "x");
	CLIENT_SAYS("\x82\x81\x00\x00\x00\x00x", "x");
	/* A ping between fragments. */
	SERVER_SAYS("\x02\x03Hel\x89\x01p\x80\x02lo", "Hel<ping p>lo");
}

static void
test_masks(void)
{
	CLIENT_SAYS("\x82\x01x", "<error 1002>");
	SERVER_SAYS("\x82\x81\x00\x00\x00\x00x", "<error 1002>");
}

static void
test_headers(void)
{
	SERVER_SAYS("\xc2\x01x", "<error 1002>");
	SERVER_SAYS("\xa2\x01x", "<error 1002>");
	SERVER_SAYS("\x92\x01x", "<error 1002>");
	SERVER_SAYS("\x83\x01x", "<error 1002>");
	SERVER_SAYS("\x87\x01x", "<error 1002>");
	SERVER_SAYS("\x8b\x01x", "<error 1002>");
	SERVER_SAYS("\x8f\x01x", "<error 1002>");
	/* Continuations, and messages within messages. */
	SERVER_SAYS("\x80\x01x", "<error 1002>");
	SERVER_SAYS("\x00\x01x", "<error 1002>");
	SERVER_SAYS("\x02\x01x\x82\x01y", "x<error 1002>");
	SERVER_SAYS("\x82\x01x\x80\x01y", "x<error 1002>");
	/* Control frames. */
	SERVER_SAYS("\x09\x01x", "<error 1002>");
	SERVER_SAYS("\x89\x7e\x00\x7ex", "<error 1002>");
	SERVER_SAYS("\x88\x7e\x00\x7ex", "<error 1002>");
	SERVER_SAYS("\x89\x00\x8a\x02hi", "<ping ><pong hi>");
	/* Text where only binary is accepted. */
	SERVER_SAYS("\x81\x01x", "<error 1003>");
}

static void
test_lengths(void)
{
	unsigned char frame[WS_HEADER_MAX + 70000];
	static const size_t lengths[] = {0, 125, 126, 127, 65535, 65536, 70000};
	struct ws_parser p;
	struct ws_event e;
	size_t i, n;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(frame, 'x', sizeof(frame));
		n = ws_header(frame, WS_BINARY, lengths[i], NULL);
		CHECK(n == (lengths[i] < 126	    ? 2
			       : lengths[i] < 65536 ? 4
						    : 10));
		ws_parser_init(&p, false, false);
		CHECK(
		    ws_parse(&p, frame, n + lengths[i], &e) == n + lengths[i]);
		CHECK(e.len == lengths[i]);
	}
	/* Lengths that are not in their shortest form, or have bit 63 set. */
	SERVER_SAYS("\x82\x7e\x00\x7dx", "<error 1002>");
	SERVER_SAYS("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "<error 1002>");
	SERVER_SAYS("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", "<error 1002>");
	/* A frame of 2^62 bytes: its payload is passed on as it arrives. */
	SERVER_SAYS("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00xyz", "xyz");
}

static void
test_close(void)
{
	SERVER_SAYS("\x88\x00", "<close 0 >");
	SERVER_SAYS("\x88\x01\x03", "<error 1002>");
	SERVER_SAYS("\x88\x02\x03\xe8", "<close 1000 >");
	SERVER_SAYS("\x88\x05\x03\xe8"
		    "bye",
	    "<close 1000 bye>");
	SERVER_SAYS("\x88\x02\x0b\xb8", "<close 3000 >");
	SERVER_SAYS("\x88\x02\x13\x87", "<close 4999 >");
	SERVER_SAYS("\x88\x02\x03\xe7", "<error 1002>"); /* 999 */
	SERVER_SAYS("\x88\x02\x03\xec", "<error 1002>"); /* 1004 */
	SERVER_SAYS("\x88\x02\x03\xed", "<error 1002>");
	SERVER_SAYS("\x88\x02\x03\xee", "<error 1002>");
	SERVER_SAYS("\x88\x02\x03\xf7", "<error 1002>"); /* 1015 */
	SERVER_SAYS("\x88\x02\x07\xd0", "<error 1002>"); /* 2000 */
	SERVER_SAYS("\x88\x02\x13\x88", "<error 1002>"); /* 5000 */
	SERVER_SAYS("\x88\x04\x03\xe8\xc3\x28", "<error 1007>");
	SERVER_SAYS("\x88\x03\x03\xe8\xc3", "<error 1007>");
	/* Nothing is parsed after a close. */
	SERVER_SAYS("\x88\x00\x82\x01x", "<close 0 >");
	SERVER_SAYS("\x83\x00\x82\x01x", "<error 1002>");
}

static void
test_text(void)
{
	TEXT_SAYS("\x81\x05Hello", "Hello");
	TEXT_SAYS("\x01\x01\xce\x80\x01\xba", "\xce\xba");
	TEXT_SAYS("\x81\x01\xce", "<error 1007>");
	/* Bytes before the invalid one may have been passed on. */
	CHECK(strcmp(parse("\x81\x02\xc3\x28", 4, 9, false, true),
		  "<error 1007>") == 0);
	CHECK(strcmp(parse("\x81\x02\xc3\x28", 4, 1, false, true),
		  "\xc3<error 1007>") == 0);
	TEXT_SAYS("\x01\x01\xce\x80\x00", "\xce<error 1007>");
	/* Binary data need not be UTF-8. */
	TEXT_SAYS("\x82\x02\xc3\x28", "\xc3\x28");
}

static bool
is_utf8(const char *text)
{
	unsigned state = 0;

	return ws_utf8(&state, (const unsigned char *)text, strlen(text)) &&
	       state == 0;
}

static void
test_utf8(void)
{
	CHECK(is_utf8("") && is_utf8("a\x7f"));
	CHECK(is_utf8("\xc2\x80") && is_utf8("\xdf\xbf"));
	CHECK(is_utf8("\xe0\xa0\x80") && is_utf8("\xed\x9f\xbf"));
	CHECK(is_utf8("\xee\x80\x80") && is_utf8("\xef\xbf\xbf"));
	CHECK(is_utf8("\xf0\x90\x80\x80") && is_utf8("\xf4\x8f\xbf\xbf"));
	CHECK(!is_utf8("\x80") && !is_utf8("\xbf") && !is_utf8("\xc0\x80"));
	CHECK(!is_utf8("\xc1\xbf") && !is_utf8("\xe0\x9f\xbf"));
	CHECK(!is_utf8("\xed\xa0\x80") && !is_utf8("\xf0\x8f\xbf\xbf"));
	CHECK(!is_utf8("\xf4\x90\x80\x80") && !is_utf8("\xf5\x80\x80\x80"));
	CHECK(!is_utf8("\xff") && !is_utf8("\xe2\x82"));
}

static void
test_writing(void)
{
	unsigned char buf[WS_CONTROL_MAX], long_reason[200];
	static const unsigned char key[4] = {1, 2, 3, 4};
	unsigned char a[37], b[37];
	size_t i, n;

	n = ws_close_payload(buf, 1001, "away");
	CHECK(n == 6 && memcmp(buf,
			    "\x03\xe9"
			    "away",
			    6) == 0);
	/* A long reason is cut, but not in the middle of a character. */
	memset(long_reason, 'x', sizeof(long_reason));
	memcpy(long_reason + 122, "\xc3\xa9", 3);
	CHECK(ws_close_payload(buf, 1000, (char *)long_reason) == 124);
	n = ws_header(buf, WS_PING, 5, key);
	CHECK(n == 6 && memcmp(buf, "\x89\x85\x01\x02\x03\x04", 6) == 0);
	/* Masking in parts gives the same as masking at once. */
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	ws_mask(a, sizeof(a), key, 3);
	for (i = 0; i < sizeof(b); i++)
		ws_mask(b + i, 1, key, 3 + i);
	CHECK(memcmp(a, b, sizeof(a)) == 0 && a[0] == 4 && a[1] == 1);
}

int
main(void)
{
	test_data();
	test_masks();
	test_headers();
	test_lengths();
	test_close();
	test_text();
	test_utf8();
	test_writing();
	return check_status();
}
