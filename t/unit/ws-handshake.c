/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The opening handshake: each rule of RFC 6455 sections 4.1 and 4.2.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ws/handshake.h"

#define GET    "GET /vm/0 HTTP/1.1\r\n"
#define HOST   "Host: bmc\r\n"
#define UP     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define KEYS   "Sec-WebSocket-Key: " KEY "\r\n"
#define V13    "Sec-WebSocket-Version: 13\r\n"
#define END    "\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static struct ws_request request;
static char block[16384];

/* Returns the HTTP status for this block. */
static int
asks(const char *text)
{
	const char *why;
	size_t len = strlen(text);

	memcpy(block, text, len + 1);
	return ws_request_parse(block, len, &request, &why);
}

static void
test_good(void)
{
	CHECK(asks(GET HOST UP KEYS V13 END) == 0);
	CHECK(strcmp(request.path, "/vm/0") == 0);
	CHECK(strcmp(request.host, "bmc") == 0);
	CHECK(strcmp(request.key, KEY) == 0 && request.origin == NULL);
	/* Other case, order, blanks and lists are accepted, too. */
	CHECK(asks(GET V13 KEYS
		  "UPGRADE:WebSocket\r\n"
		  "connection:  keep-alive, UPGRADE \t\r\n" HOST END) == 0);
	CHECK(asks(GET HOST "Upgrade: foo, websocket\r\nConnection: keep-alive"
			    "\r\nConnection: Upgrade\r\n" KEYS V13 END) == 0);
	CHECK(asks(GET HOST UP KEYS V13
		  "Origin: https://bmc\r\nCookie: a=b\r\n"
		  "Authorization: Basic eA==\r\nX-Auth-Token: t\r\n" END) == 0);
	CHECK(strcmp(request.origin, "https://bmc") == 0);
	CHECK(strcmp(request.cookie, "a=b") == 0);
	CHECK(strcmp(request.token, "t") == 0);
	CHECK(asks(GET HOST UP KEYS V13 "Content-Length: 0\r\n" END) == 0);
}

static void
test_missing(void)
{
	CHECK(asks(GET UP KEYS V13 END) == 400);
	CHECK(asks(GET "Host: \r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST "Upgrade: websocket\r\n" KEYS V13 END) == 400);
	CHECK(asks(GET HOST "Connection: Upgrade\r\n" KEYS V13 END) == 400);
	CHECK(asks(GET HOST
		  "Upgrade: websockets\r\nConnection: Upgrade\r\n" KEYS V13
		      END) == 400);
	CHECK(asks(GET HOST UP V13 END) == 400);
	CHECK(asks(GET HOST UP KEYS END) == 426);
	CHECK(asks(GET HOST UP KEYS "Sec-WebSocket-Version: 8\r\n" END) == 426);
	CHECK(asks(GET HOST UP KEYS "Sec-WebSocket-Version: 13, 8\r\n" END) ==
	      426);
}

static void
test_keys(void)
{
#define WITH_KEY(key) GET HOST UP V13 "Sec-WebSocket-Key: " key "\r\n" END
	CHECK(asks(WITH_KEY("dGhlIHNhbXBsZSBub25jZQ")) == 400);
	CHECK(asks(WITH_KEY("dGhlIHNhbXBsZSBub25jZQ=")) == 400);
	CHECK(asks(WITH_KEY("dGhlIHNhbXBsZSBub25jZQAA")) == 400);
	CHECK(asks(WITH_KEY("dGhlIHNhbXBsZSBub25jZQ==A")) == 400);
	CHECK(asks(WITH_KEY("dGhlIHNhbXBsZSBub2 jZQ==")) == 400);
	CHECK(asks(WITH_KEY("")) == 400);
}

static void
test_twice(void)
{
	CHECK(asks(GET HOST HOST UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST UP KEYS KEYS V13 END) == 400);
	CHECK(asks(GET HOST UP KEYS V13 V13 END) == 400);
	CHECK(
	    asks(GET HOST UP KEYS V13 "Origin: a\r\nOrigin: b\r\n" END) == 400);
}

static void
test_lines(void)
{
	CHECK(asks("POST /vm/0 HTTP/1.1\r\n" HOST UP KEYS V13 END) == 405);
	CHECK(asks("GET /vm/0 HTTP/1.0\r\n" HOST UP KEYS V13 END) == 400);
	CHECK(asks("GET /vm/0\r\n" HOST UP KEYS V13 END) == 400);
	CHECK(asks("GET vm HTTP/1.1\r\n" HOST UP KEYS V13 END) == 400);
	CHECK(asks("GET  /vm HTTP/1.1\r\n" HOST UP KEYS V13 END) == 400);
	CHECK(asks("GET /a b HTTP/1.1\r\n" HOST UP KEYS V13 END) == 400);
	CHECK(asks("\r\n" HOST UP KEYS V13 END) == 400);
	CHECK(asks(GET "Host : bmc\r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST " folded\r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST "X-Y\r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST ": x\r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST "X: a\nY: b\r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST "X: a\rb\r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST "X: \x01\r\n" UP KEYS V13 END) == 400);
	CHECK(asks(GET HOST UP KEYS V13 "Content-Length: 5\r\n" END) == 400);
	CHECK(asks(GET HOST UP KEYS V13 "Transfer-Encoding: chunked\r\n" END) ==
	      400);
	CHECK(asks("") == 400 && asks("\r\n\r\n") == 400);
}

static bool
offers(const char *protocol)
{
	char word[64];
	unsigned i;

	for (i = 0; ws_request_protocol(&request, i, word, sizeof(word)); i++)
		if (strcmp(word, protocol) == 0)
			return true;
	return false;
}

static void
test_protocols(void)
{
	char ticket[16];

	CHECK(asks(GET HOST UP KEYS V13
		  "Sec-WebSocket-Protocol: vm.nbd.v1, ticket.abc\r\n"
		  "Sec-WebSocket-Protocol: binary\r\n" END) == 0);
	CHECK(offers("vm.nbd.v1"));
	CHECK(offers("binary"));
	CHECK(!offers("vm.nbd"));
	CHECK(!offers("BINARY"));
	CHECK(ws_request_ticket(&request, "ticket.", ticket, sizeof(ticket)) ==
		  ticket &&
	      strcmp(ticket, "abc") == 0);
	CHECK(ws_request_ticket(&request, "none.", ticket, sizeof(ticket)) ==
	      NULL);
	CHECK(ws_request_ticket(&request, "ticket.", ticket, 3) == NULL);
	CHECK(asks(GET HOST UP KEYS V13
		  "Sec-WebSocket-Protocol: ticket.a, ticket.b\r\n" END) == 0);
	CHECK(ws_request_ticket(&request, "ticket.", ticket, sizeof(ticket)) ==
	      NULL);
	CHECK(asks(GET HOST UP KEYS V13
		  "Sec-WebSocket-Protocol: a b\r\n" END) == 400);
	CHECK(asks(GET HOST UP KEYS V13 "Sec-WebSocket-Protocol: \r\n" END) ==
	      400);
}

static void
test_answer(void)
{
	char buf[512];

	CHECK(asks(GET HOST UP KEYS V13 END) == 0);
	CHECK(ws_answer(buf, sizeof(buf), &request, NULL) == strlen(buf));
	CHECK(strcmp(buf,
		  "HTTP/1.1 101 Switching Protocols\r\n" UP ACCEPT END) == 0);
	CHECK(ws_answer(buf, sizeof(buf), &request, "x") == strlen(buf));
	CHECK(strstr(buf, "\r\nSec-WebSocket-Protocol: x\r\n\r\n") != NULL);
	CHECK(ws_answer(buf, 20, &request, NULL) == 0);
	CHECK(ws_refusal(buf, sizeof(buf), 426, "why") == strlen(buf));
	CHECK(strstr(buf, "\r\nSec-WebSocket-Version: 13\r\n") != NULL);
	CHECK(strstr(buf, "Content-Length: 4\r\n") != NULL);
	CHECK(http_block_length("a\r\n\r\nb", 6) == 5);
	CHECK(http_block_length("a\r\n\r", 4) == 0);
}

static struct ws_answer answer;

/* Is this the right answer to KEY and protocol? */
static bool
answers(const char *text, const char *protocol)
{
	size_t len = strlen(text);

	memcpy(block, text, len + 1);
	return ws_answer_check(block, len, KEY, protocol, &answer) == NULL;
}

static void
test_client(void)
{
#define OK "HTTP/1.1 101 Switching Protocols\r\n"
	unsigned char zeros[16] = {0};
	char key[WS_KEY_SIZE];

	ws_key(zeros, key);
	CHECK(strcmp(key, "AAAAAAAAAAAAAAAAAAAAAA==") == 0);
	CHECK(answers(OK UP ACCEPT END, NULL));
	CHECK(answers("HTTP/1.1 101\r\n" UP ACCEPT END, NULL));
	CHECK(answers(OK UP ACCEPT "Sec-WebSocket-Protocol: p\r\n" END, "p"));
	CHECK(!answers(OK UP ACCEPT "Sec-WebSocket-Protocol: p\r\n" END, NULL));
	CHECK(!answers(OK UP ACCEPT "Sec-WebSocket-Protocol: q\r\n" END, "p"));
	CHECK(
	    !answers(OK UP ACCEPT "Sec-WebSocket-Protocol: p, q\r\n" END, "p"));
	CHECK(!answers(OK UP ACCEPT END, "p"));
	CHECK(!answers(OK UP END, NULL));
	CHECK(!answers(OK UP "Sec-WebSocket-Accept: x\r\n" END, NULL));
	CHECK(!answers(OK UP ACCEPT ACCEPT END, NULL));
	CHECK(!answers(OK ACCEPT "Upgrade: websocket\r\n" END, NULL));
	CHECK(!answers(OK ACCEPT "Connection: upgrade\r\n" END, NULL));
	CHECK(!answers(OK UP ACCEPT
	    "Sec-WebSocket-Extensions: permessage-deflate\r\n" END,
	    NULL));
	CHECK(!answers("HTTP/1.1 403 Forbidden\r\n\r\n", NULL));
	CHECK(answer.status == 403 && !answer.has_text);
#define TYPE  "HTTP/1.1 404 x\r\nContent-Type: "
#define PLAIN TYPE "text/plain\r\n"
	CHECK(!answers(PLAIN END, NULL) && answer.has_text);
	CHECK(!answers(TYPE "text/plain; charset=utf-8\r\n" END, NULL));
	CHECK(answer.status == 404 && answer.has_text);
	CHECK(!answers(PLAIN "Transfer-Encoding: chunked\r\n" END, NULL));
	CHECK(!answer.has_text);
	CHECK(!answers(PLAIN "no header\r\n" END, NULL));
	CHECK(answer.status == 404 && !answer.has_text);
	CHECK(!answers(TYPE "text/html\r\n" END, NULL));
	CHECK(!answer.has_text);
	CHECK(!answers("HTTP/1.0 101 x\r\n" UP ACCEPT END, NULL) &&
	      answer.status == 0);
	CHECK(!answers("SSH-2.0-x\r\n\r\n", NULL) && answer.status == 0);
	CHECK(!answers("HTTP/1.1 1011 x\r\n" UP ACCEPT END, NULL));
}

int
main(void)
{
	test_good();
	test_missing();
	test_keys();
	test_twice();
	test_lines();
	test_protocols();
	test_answer();
	test_client();
	return check_status();
}
