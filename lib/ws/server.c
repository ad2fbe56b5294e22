/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The talker of a server: reads one request for a WebSocket, asks the keeper,
 * answers, and becomes the bridge.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws/session.h"

#define HANDSHAKE_MS 10000 /* for TLS and the request */
#define LINGER_MS    1000  /* for a refusal to be sent and read */

#define TLS_HANDSHAKE 22 /* how one begins (RFC 5246 section 6.2.1) */

/* One client, on its way in. */
struct guest {
	const struct ws_options *o;
	int keeper;
	struct wire wire;
	const char *peer;
	int64_t deadline;
	char block[WS_BLOCK_MAX]; /* the request, and what came behind it */
	size_t have, len;	  /* all of it; the request */
	char parsed[WS_BLOCK_MAX];
	struct ws_request request;
	/* The one subprotocol that it offers, unknown to us: it may be a secret,
	 * which only they say back who know it. */
	char sole[WS_NAME_MAX];
	const char *protocol; /* that was agreed on; NULL: none */
	struct ws_message wish;
};

/* --- answers -------------------------------------------------------------- */

/* A CGI's answer is a web server's to say (RFC 3875 section 6). */
static int
answer(struct guest *g, char *text, size_t len, int64_t deadline)
{
	static const char http[] = "HTTP/1.1 ", cgi[] = "Status: ";
	char *from = text;

	if (g->o->is_cgi) {
		from += sizeof(http) - sizeof(cgi);
		memcpy(from, cgi, sizeof(cgi) - 1);
	}
	return wire_write_all(
	    &g->wire, from, len - (size_t)(from - text), deadline);
}

/* Refuse, and have it read; what the peer still sends is not looked at. */
static int
refuse(struct guest *g, int status, const char *why)
{
	int64_t end = clock_ms() + LINGER_MS;
	char text[1024];
	size_t len = ws_refusal(text, sizeof(text), status, why);

	/* It has no content (RFC 9110 section 9.3.2). */
	if (g->have >= 5 && memcmp(g->block, "HEAD ", 5) == 0)
		len = http_block_length(text, len);
	ws_say(g->peer, "refused: %d %s", status, why);
	if (answer(g, text, len, end) == 0) {
		wire_shut(&g->wire);
		while (wire_read_some(
			   &g->wire, g->block, sizeof(g->block), end) > 0)
			continue;
	}
	switch (status) {
	case 401:
	case 403:
		return EX_NOPERM;
	case 404:
		return EX_NOINPUT;
	case 503:
		return EX_UNAVAILABLE;
	default:
		return EX_PROTOCOL;
	}
}

/* --- the request ---------------------------------------------------------- */

/* All of a CGI's request is in its environment (RFC 3875 section 4.1). */
static int
read_cgi(struct guest *g)
{
	static const struct {
		const char *variable, *header;
	} known[] = {{"HTTP_HOST", "Host"}, {"HTTP_UPGRADE", "Upgrade"},
	    {"HTTP_CONNECTION", "Connection"}, {"HTTP_ORIGIN", "Origin"},
	    {"HTTP_COOKIE", "Cookie"}, {"HTTP_AUTHORIZATION", "Authorization"},
	    {"HTTP_X_AUTH_TOKEN", "X-Auth-Token"},
	    {"HTTP_X_FORWARDED_FOR", "X-Forwarded-For"},
	    {"HTTP_SEC_WEBSOCKET_KEY", "Sec-WebSocket-Key"},
	    {"HTTP_SEC_WEBSOCKET_VERSION", "Sec-WebSocket-Version"},
	    {"HTTP_SEC_WEBSOCKET_PROTOCOL", "Sec-WebSocket-Protocol"}};
	const char *method = getenv("REQUEST_METHOD"), *value;
	const char *uri = getenv("REQUEST_URI");
	size_t i, size = sizeof(g->block), n;

	n = (size_t)snprintf(g->block, size, "%s %s HTTP/1.1\r\n",
	    method != NULL ? method : "", uri != NULL ? uri : "");
	for (i = 0; i < sizeof(known) / sizeof(known[0]) && n < size; i++) {
		value = getenv(known[i].variable);
		/* A web server may keep this one to itself. */
		if (value == NULL && strcmp(known[i].header, "Connection") == 0)
			value = "Upgrade";
		if (value != NULL)
			n += (size_t)snprintf(g->block + n, size - n,
			    "%s: %s\r\n", known[i].header, value);
	}
	if (n + 2 >= size)
		return 431;
	memcpy(g->block + n, "\r\n", 2);
	g->have = g->len = n + 2;
	return 0;
}

/* From the peer. Returns 0; a status of HTTP; or -1: it is gone. */
static int
read_block(struct guest *g)
{
	ssize_t n;

	while ((g->len = http_block_length(g->block, g->have)) == 0) {
		if (g->have == sizeof(g->block))
			return 431;
		if (g->have > 0 && g->block[0] == TLS_HANDSHAKE)
			return 400;
		n = wire_read_some(&g->wire, g->block + g->have,
		    sizeof(g->block) - g->have, g->deadline);
		if (n == -1 && errno == ETIMEDOUT)
			return 408;
		if (n <= 0)
			return -1;
		g->have += (size_t)n;
	}
	return 0;
}

/* --- what can be seen of it ----------------------------------------------- */

static bool
is_listed(const struct ws_list *list, const char *word)
{
	unsigned i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->words[i], word) == 0)
			return true;
	return false;
}

/* Of two hosts, where it makes no difference to name the usual port. */
static bool
is_same_host(const char *a, const char *b, const char *port)
{
	size_t len = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	if (strncasecmp(a, b, len) != 0 || len == 0)
		return false;
	return strcmp(a + len, b + len) == 0 || strcmp(a + len, port) == 0 ||
	       strcmp(b + len, port) == 0;
}

/*
 * May a page of that origin speak to us (RFC 6455 section 10.2)? Any page can
 * make a browser open a WebSocket with our cookies, so only ours may; `null`
 * is nobody's.
 */
static bool
is_origin_allowed(const struct guest *g)
{
	const char *origin = g->request.origin, *host, *port = ":80";
	const struct ws_list *list = &g->o->origins;

	if (strcmp(origin, "null") == 0)
		return false;
	if (list->count > 0)
		return is_listed(list, origin) || is_listed(list, "*");
	if (strncasecmp(origin, "https://", 8) == 0) {
		host = origin + 8;
		port = ":443";
	} else if (g->o->identity == NULL &&
		   strncasecmp(origin, "http://", 7) == 0) {
		host = origin + 7;
	} else {
		return false;
	}
	return is_same_host(host, g->request.host, port);
}

/* Who is no page must show more than a cookie, which a page may have sent. */
static bool
has_only_cookie(const struct ws_request *r, const struct ws_wish *wish)
{
	return r->cookie != NULL && r->authorization == NULL &&
	       r->token == NULL && wish->ticket[0] == '\0' &&
	       wish->resume[0] == '\0';
}

/* The path and the query. False: too long. */
static bool
take_path(struct ws_wish *wish, const char *text)
{
	size_t len = strcspn(text, "?");

	if (len >= sizeof(wish->path) ||
	    strlen(text + len) > sizeof(wish->query))
		return false;
	memcpy(wish->path, text, len);
	if (text[len] == '?')
		strcpy(wish->query, text + len + 1);
	return true;
}

/* The first that we know of what it offers; and the secrets among that. */
static void
take_protocols(struct guest *g, struct ws_wish *wish)
{
	const struct ws_request *r = &g->request;
	char word[WS_NAME_MAX], other[WS_NAME_MAX];
	unsigned i;

	for (i = 0; wish->protocol[0] == '\0' &&
		    ws_request_protocol(r, i, word, sizeof(word));
	     i++)
		if (is_listed(&g->o->protocols, word))
			strcpy(wish->protocol, word);
	ws_request_ticket(r, "ticket.", wish->ticket, sizeof(wish->ticket));
	ws_request_ticket(r, "resume.", wish->resume, sizeof(wish->resume));
	if (wish->protocol[0] != '\0' ||
	    !ws_request_protocol(r, 0, word, sizeof(word)) ||
	    ws_request_protocol(r, 1, other, sizeof(other)))
		return;
	strcpy(g->sole, word);
	if (wish->ticket[0] == '\0' && wish->resume[0] == '\0' &&
	    strlen(word) < sizeof(wish->ticket))
		strcpy(wish->ticket, word);
}

/*
 * Whom a proxy before us has seen, the last one said; what is no address is
 * not the proxy's word.
 */
static void
take_peer(struct guest *g, struct ws_wish *wish)
{
	const char *list = g->request.forwarded, *last;

	snprintf(wish->peer, sizeof(wish->peer), "%s", g->peer);
	if (!g->o->is_forwarded || list == NULL)
		return;
	last = strrchr(list, ',');
	last = last != NULL ? last + 1 + strspn(last + 1, " \t") : list;
	if (*last == '\0' || strlen(last) >= INET6_ADDRSTRLEN ||
	    strspn(last, "0123456789abcdefABCDEF.:") != strlen(last))
		return;
	strcpy(wish->peer, last);
	g->peer = wish->peer;
}

/* Returns 0, or a status, and why. */
static int
check(struct guest *g, const char **why)
{
	struct ws_wish *wish = &g->wish.u.wish;
	struct ws_request *r = &g->request;
	int status;

	memcpy(g->parsed, g->block, g->len);
	status = ws_request_parse(g->parsed, g->len, r, why);
	if (status != 0)
		return status;
	take_peer(g, wish);
	*why = "the path is too long";
	if (!take_path(wish, r->path))
		return 414;
	*why = "there is nothing at this path";
	if (g->o->paths.count > 0 && !is_listed(&g->o->paths, wish->path))
		return 404;
	take_protocols(g, wish);
	*why = "this page's origin is not allowed";
	if (r->origin != NULL && (!is_origin_allowed(g) ||
				     strlen(r->origin) >= sizeof(wish->origin)))
		return 403;
	*why = "a cookie without an origin is not enough";
	if (r->origin == NULL && has_only_cookie(r, wish))
		return 403;
	if (r->origin != NULL)
		strcpy(wish->origin, r->origin);
	return 0;
}

/* --- in ------------------------------------------------------------------- */

/* Ask the keeper, who opens the far side. Returns 0 or a status. */
static int
ask(struct guest *g, int fds[2], struct ws_message *reply)
{
	g->wish.kind = WS_WISH;
	g->wish.u.wish.block_len = g->len;
	memcpy(g->wish.u.wish.block, g->block, g->len);
	if (ws_message_send(g->keeper, &g->wish, NULL) == -1 ||
	    ws_message_receive(g->keeper, reply, fds) == -1 ||
	    reply->kind != WS_LEAVE) {
		strcpy(reply->u.leave.why, "the server is being stopped");
		return 503;
	}
	return reply->u.leave.status;
}

/* Let it in. Returns 0, or -1: it is gone. */
static int
let_in(struct guest *g, bool was_checked)
{
	char text[1024];
	size_t len;

	if (g->wish.u.wish.protocol[0] != '\0')
		g->protocol = g->wish.u.wish.protocol;
	else if (g->sole[0] != '\0' && was_checked)
		g->protocol = g->sole;
	len = ws_answer(text, sizeof(text), &g->request, g->protocol);
	return answer(g, text, len, clock_ms() + HANDSHAKE_MS);
}

/*
 * All of the opening handshake, up to the descriptors of the far side. Returns
 * 0, or an exit status.
 */
static int
greet(struct guest *g, int fds[2])
{
	struct ws_message reply;
	const char *why = "the request took too long";
	int status = g->o->is_cgi ? read_cgi(g) : read_block(g);

	if (status == -1) {
		if (g->o->verbose || g->wire.tls_error != 0)
			ws_say(g->peer, "gone: %s", wire_why(&g->wire));
		return EX_PROTOCOL;
	}
	if (status == 431)
		why = "the request is too long";
	if (status == 400)
		why = "this is no TLS: ws:// and not wss://";
	if (status == 0)
		status = check(g, &why);
	if (status == 0) {
		status = ask(g, fds, &reply);
		why = reply.u.leave.why;
	}
	if (status != 0)
		return refuse(g, status, why);
	if (let_in(g, reply.u.leave.was_checked) == 0)
		return 0;
	ws_say(g->peer, "gone: %s", wire_why(&g->wire));
	return EX_IOERR;
}

int
ws_serve(
    const struct ws_options *o, int keeper, int in, int out, const char *peer)
{
	static struct guest g;
	static struct tls tls;
	struct ws_open open;
	int fds[2], status;

	g.o = o;
	g.keeper = keeper;
	g.peer = peer;
	g.deadline = clock_ms() + HANDSHAKE_MS;
	if (o->identity != NULL && tls_server(&tls, o->identity) == -1)
		errx(EX_OSERR, "unable to begin TLS");
	wire_init(&g.wire, in, out, o->identity != NULL ? &tls : NULL);
	status = greet(&g, fds);
	if (status != 0)
		return status;
	if (o->verbose)
		ws_say(g.peer, "opened %s", g.wish.u.wish.path);
	open = (struct ws_open){.wire = &g.wire,
	    .early = (const unsigned char *)g.block + g.len,
	    .early_len = g.have - g.len,
	    .peer = g.peer,
	    .protocol = g.protocol};
	return ws_talk(o, keeper, &open, fds);
}
