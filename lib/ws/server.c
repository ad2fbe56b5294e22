/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
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
#include "ws/frame.h"
#include "ws/log.h"
#include "ws/message.h"
#include "ws/server.h"
#include "ws/session.h"

#define HANDSHAKE_MS 10000 /* for the handshake of TLS and the request */
#define LINGER_MS    1000  /* time for the peer to read a refusal */

#define TLS_HANDSHAKE 22 /* its first byte (RFC 5246 section 6.2.1) */

/* A client whose WebSocket is not open yet. */
struct handshake {
	const struct ws_options *o;
	int monitor;
	struct wire wire;
	const char *peer;
	int64_t deadline;
	char block[WS_BLOCK_MAX]; /* the request, and what came after it */
	size_t have, len;	  /* bytes that came; of the request */
	char parsed[WS_BLOCK_MAX];
	struct ws_request request;
	/* The only subprotocol that the client offers, if we do not know it. It
	 * may be a secret; a server that knows it must repeat it. */
	char sole[WS_NAME_MAX];
	const char *protocol;	 /* agreed on; NULL: none */
	struct ws_message query; /* to the monitor */
};

/* --- answers -------------------------------------------------------------- */

/* For a CGI, the web server writes the status line (RFC 3875 section 6). */
static int
answer(struct handshake *h, char *text, size_t len, int64_t deadline)
{
	static const char http[] = "HTTP/1.1 ", cgi[] = "Status: ";
	char *from = text;

	if (h->o->is_cgi) {
		from += sizeof(http) - sizeof(cgi);
		memcpy(from, cgi, sizeof(cgi) - 1);
	}
	return wire_write_all(
	    &h->wire, from, len - (size_t)(from - text), deadline);
}

/* Refuse, and drop what the peer sends until it has read the answer. */
static int
refuse(struct handshake *h, int status, const char *why, bool is_quiet)
{
	int64_t end = clock_ms() + LINGER_MS;
	char text[1024];
	size_t len = ws_refusal(text, sizeof(text), status, why);

	/* An answer to HEAD has no content (RFC 9110 section 9.3.2). */
	if (h->have >= 5 && memcmp(h->block, "HEAD ", 5) == 0)
		len = http_block_length(text, len);
	if (!is_quiet)
		ws_log(h->peer, "refused: %d %s", status, why);
	if (answer(h, text, len, end) == 0) {
		wire_shut(&h->wire);
		while (wire_read_some(
			   &h->wire, h->block, sizeof(h->block), end) > 0)
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

/* A CGI finds its request in the environment (RFC 3875 section 4.1). */
static int
read_cgi(struct handshake *h)
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
	size_t i, size = sizeof(h->block), n;

	n = (size_t)snprintf(h->block, size, "%s %s HTTP/1.1\r\n",
	    method != NULL ? method : "", uri != NULL ? uri : "");
	for (i = 0; i < sizeof(known) / sizeof(known[0]) && n < size; i++) {
		value = getenv(known[i].variable);
		/* Some web servers do not pass Connection on. */
		if (value == NULL && strcmp(known[i].header, "Connection") == 0)
			value = "Upgrade";
		if (value != NULL)
			n += (size_t)snprintf(h->block + n, size - n,
			    "%s: %s\r\n", known[i].header, value);
	}
	if (n + 2 >= size)
		return 431;
	memcpy(h->block + n, "\r\n", 2);
	h->have = h->len = n + 2;
	return 0;
}

/* Read the request. Returns 0; an HTTP status; or -1 if the peer is gone. */
static int
read_block(struct handshake *h)
{
	ssize_t n;

	while ((h->len = http_block_length(h->block, h->have)) == 0) {
		if (h->have == sizeof(h->block))
			return 431;
		if (h->have > 0 && h->block[0] == TLS_HANDSHAKE)
			return 400;
		n = wire_read_some(&h->wire, h->block + h->have,
		    sizeof(h->block) - h->have, h->deadline);
		if (n == -1 && errno == ETIMEDOUT)
			return 408;
		if (n <= 0)
			return -1;
		h->have += (size_t)n;
	}
	return 0;
}

/* --- checks that need no privileges --------------------------------------- */

/* Are two hosts the same? The usual port of the scheme may be missing. */
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
 * make a browser open a WebSocket that sends our cookies. Only our own page may
 * do that. The origin `null` belongs to no site.
 */
static bool
is_origin_allowed(const struct handshake *h)
{
	const char *origin = h->request.origin, *host, *port = ":80";
	const struct ws_list *list = &h->o->origins;

	if (strcmp(origin, "null") == 0)
		return false;
	if (list->count > 0)
		return ws_list_has(list, origin) || ws_list_has(list, "*");
	if (strncasecmp(origin, "https://", 8) == 0) {
		host = origin + 8;
		port = ":443";
	} else if (h->o->identity == NULL &&
		   strncasecmp(origin, "http://", 7) == 0) {
		host = origin + 7;
	} else {
		return false;
	}
	return is_same_host(host, h->request.host, port);
}

/* A client without an origin needs more than a cookie, because requests of any
 * page carry cookies. */
static bool
has_only_cookie(const struct ws_request *r, const struct ws_open_request *q)
{
	return r->cookie != NULL && r->authorization == NULL &&
	       r->token == NULL && q->ticket[0] == '\0' && q->resume[0] == '\0';
}

/* Take the path and the query. Returns false if they are too long. */
static bool
take_path(struct ws_open_request *q, const char *text)
{
	size_t len = strcspn(text, "?");

	if (len >= sizeof(q->path) || strlen(text + len) > sizeof(q->query))
		return false;
	memcpy(q->path, text, len);
	if (text[len] == '?')
		strcpy(q->query, text + len + 1);
	return true;
}

/* Choose the first offered subprotocol that we know; find the tickets. */
static void
take_protocols(struct handshake *h, struct ws_open_request *q)
{
	const struct ws_request *r = &h->request;
	char word[WS_NAME_MAX], other[WS_NAME_MAX];
	unsigned i;

	for (i = 0; q->protocol[0] == '\0' &&
		    ws_request_protocol(r, i, word, sizeof(word));
	     i++)
		if (ws_list_has(&h->o->protocols, word))
			strcpy(q->protocol, word);
	ws_request_ticket(r, "ticket.", q->ticket, sizeof(q->ticket));
	ws_request_ticket(r, "resume.", q->resume, sizeof(q->resume));
	if (q->protocol[0] != '\0' ||
	    !ws_request_protocol(r, 0, word, sizeof(word)) ||
	    ws_request_protocol(r, 1, other, sizeof(other)))
		return;
	strcpy(h->sole, word);
	if (q->ticket[0] == '\0' && q->resume[0] == '\0' &&
	    strlen(word) < sizeof(q->ticket))
		strcpy(q->ticket, word);
}

/*
 * Behind a proxy (-x), the client is the last address of X-Forwarded-For. The
 * proxy writes addresses only, so any other text is ignored.
 */
static void
take_peer(struct handshake *h, struct ws_open_request *q)
{
	const char *list = h->request.forwarded, *last;

	snprintf(q->peer, sizeof(q->peer), "%s", h->peer);
	if (!h->o->is_forwarded || list == NULL)
		return;
	last = strrchr(list, ',');
	last = last != NULL ? last + 1 + strspn(last + 1, " \t") : list;
	if (*last == '\0' || strlen(last) >= INET6_ADDRSTRLEN ||
	    strspn(last, "0123456789abcdefABCDEF.:") != strlen(last))
		return;
	strcpy(q->peer, last);
	h->peer = q->peer;
}

/* Returns 0; or an HTTP status, with *why. */
static int
check(struct handshake *h, const char **why)
{
	struct ws_open_request *q = &h->query.u.request;
	struct ws_request *r = &h->request;
	int status;

	memcpy(h->parsed, h->block, h->len);
	status = ws_request_parse(h->parsed, h->len, r, why);
	if (status != 0)
		return status;
	take_peer(h, q);
	*why = "the path is too long";
	if (!take_path(q, r->path))
		return 414;
	*why = "the server has nothing at this path";
	if (h->o->paths.count > 0 && !ws_list_has(&h->o->paths, q->path))
		return 404;
	take_protocols(h, q);
	*why = "this page's origin is not allowed";
	if (r->origin != NULL &&
	    (!is_origin_allowed(h) || strlen(r->origin) >= sizeof(q->origin)))
		return 403;
	*why = "the request has a cookie, but no Origin header";
	if (r->origin == NULL && has_only_cookie(r, q))
		return 403;
	if (r->origin != NULL)
		strcpy(q->origin, r->origin);
	return 0;
}

/* --- opening -------------------------------------------------------------- */

/* Ask the monitor, which opens the backend. Returns 0 or an HTTP status. */
static int
ask(struct handshake *h, int fds[2], struct ws_message *reply)
{
	h->query.kind = WS_OPEN_REQUEST;
	h->query.u.request.block_len = h->len;
	memcpy(h->query.u.request.block, h->block, h->len);
	if (ws_message_send(h->monitor, &h->query, NULL) == -1 ||
	    ws_message_receive(h->monitor, reply, fds) == -1 ||
	    reply->kind != WS_OPEN_REPLY) {
		memset(&reply->u.reply, 0, sizeof(reply->u.reply));
		strcpy(reply->u.reply.why, "the server is being stopped");
		return 503;
	}
	return reply->u.reply.status;
}

/* Accept the WebSocket. Returns 0; or -1 if the peer is gone. */
static int
accept_client(struct handshake *h, bool was_checked)
{
	char text[1024];
	size_t len;

	if (h->query.u.request.protocol[0] != '\0')
		h->protocol = h->query.u.request.protocol;
	else if (h->sole[0] != '\0' && was_checked)
		h->protocol = h->sole;
	len = ws_answer(text, sizeof(text), &h->request, h->protocol);
	return answer(h, text, len, clock_ms() + HANDSHAKE_MS);
}

/*
 * Tell the client to try again. A page gets the code and the reason of a close,
 * but not the text of an HTTP refusal, so the WebSocket is accepted first.
 */
static int
say_busy(struct handshake *h, const struct ws_open_reply *reply)
{
	unsigned char frame[WS_HEADER_MAX + WS_CONTROL_MAX];
	unsigned char payload[WS_CONTROL_MAX];
	int64_t end = clock_ms() + LINGER_MS;
	size_t len = ws_close_payload(payload, WS_TRY_AGAIN, reply->why), head;

	if (!reply->is_quiet)
		ws_log(h->peer, "refused: %s", reply->why);
	if (accept_client(h, reply->was_checked) == -1)
		return EX_TEMPFAIL;
	head = ws_header(frame, WS_CLOSE, len, NULL);
	memcpy(frame + head, payload, len);
	if (wire_write_all(&h->wire, (char *)frame, head + len, end) == 0)
		while (wire_read_some(
			   &h->wire, h->block, sizeof(h->block), end) > 0)
			continue;
	return EX_TEMPFAIL;
}

/*
 * Do the opening handshake, and receive the backend's descriptors. Returns 0;
 * or an exit status.
 */
static int
do_handshake(struct handshake *h, int fds[2])
{
	struct ws_message reply;
	const char *why = "the request took too long";
	bool is_quiet = false;
	int status = h->o->is_cgi ? read_cgi(h) : read_block(h);

	if (status == -1) {
		if (h->o->verbose || h->wire.tls_error != 0)
			ws_log(h->peer, "gone: %s", wire_why(&h->wire));
		return EX_PROTOCOL;
	}
	if (status == 431)
		why = "the request is too long";
	if (status == 400)
		why = "this server does not use TLS: use ws://, not wss://";
	if (status == 0)
		status = check(h, &why);
	if (status == 0) {
		status = ask(h, fds, &reply);
		why = reply.u.reply.why;
		if (status != 0 && reply.u.reply.is_busy)
			return say_busy(h, &reply.u.reply);
		is_quiet = reply.u.reply.is_quiet;
	}
	if (status != 0)
		return refuse(h, status, why, is_quiet);
	if (accept_client(h, reply.u.reply.was_checked) == 0)
		return 0;
	ws_log(h->peer, "gone: %s", wire_why(&h->wire));
	return EX_IOERR;
}

/*
 * The monitor signs, because this process has no key. Any message except its
 * answer means that we must stop.
 */
static size_t
ask_to_sign(void *ctx, const struct tls_to_sign *what,
    unsigned char signature[TLS_SIGNATURE_MAX])
{
	static struct ws_message m;
	const struct handshake *h = ctx;
	int fds[2];

	m.kind = WS_SIGN;
	m.u.to_sign = *what;
	if (ws_message_send(h->monitor, &m, NULL) == -1 ||
	    ws_message_receive(h->monitor, &m, fds) == -1 ||
	    m.kind != WS_SIGNATURE ||
	    m.u.signature.len > sizeof(m.u.signature.bytes))
		return 0;
	memcpy(signature, m.u.signature.bytes, m.u.signature.len);
	return m.u.signature.len;
}

int
ws_server_run(
    const struct ws_options *o, int monitor, int in, int out, const char *peer)
{
	static struct handshake h;
	static struct tls tls;
	struct ws_session session;
	int fds[2], status;

	h.o = o;
	h.monitor = monitor;
	h.peer = peer;
	h.deadline = clock_ms() + HANDSHAKE_MS;
	if (o->identity != NULL &&
	    tls_server(&tls, o->identity, ask_to_sign, &h) == -1)
		errx(EX_OSERR, "unable to start TLS: no random bytes");
	wire_init(&h.wire, in, out, o->identity != NULL ? &tls : NULL);
	status = do_handshake(&h, fds);
	if (status != 0)
		return status;
	if (o->verbose)
		ws_log(h.peer, "opened %s", h.query.u.request.path);
	session = (struct ws_session){.wire = &h.wire,
	    .early = (const unsigned char *)h.block + h.len,
	    .early_len = h.have - h.len,
	    .peer = h.peer,
	    .protocol = h.protocol};
	return ws_session_run(o, monitor, &session, fds);
}
