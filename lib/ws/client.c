/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/output.h"
#include "base/clock.h"
#include "unix/sandbox.h"
#include "ws/client.h"
#include "ws/log.h"
#include "ws/message.h"
#include "ws/session.h"

#define CONNECT_MS   5000  /* for each address of the host */
#define HANDSHAKE_MS 10000 /* for the handshakes of TLS and WebSocket */
#define REFUSAL_MS   1000  /* for the text of a refusal */
#define WS_WHY_MAX   200   /* bytes of that text, and a NUL */
#define TLS_ALERT    21	   /* RFC 5246 section 6.2.1 */

/* --- connecting ----------------------------------------------------------- */

static int
connect_address(const struct addrinfo *a)
{
	int fd = socket(a->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	struct pollfd f = {fd, POLLOUT, 0};
	socklen_t len = sizeof(int);
	int error = 0;

	if (fd == -1)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == -1)
		error = errno;
	if (error == EINPROGRESS) {
		error = ETIMEDOUT;
		if (poll(&f, 1, CONNECT_MS) == 1)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	}
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static int
connect_host(const struct ws_options *o)
{
	const struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *list, *a;
	int error = getaddrinfo(o->host, o->port, &hints, &list), fd = -1;

	if (error != 0) {
		output_cause(CAUSE_NAME, EX_NOHOST);
		errx(error == EAI_AGAIN ? EX_TEMPFAIL : EX_NOHOST,
		    "unable to find %s: %s", o->host, gai_strerror(error));
	}
	for (a = list; a != NULL && fd == -1; a = a->ai_next)
		fd = connect_address(a);
	if (fd == -1) {
		error = errno;
		output_cause(CAUSE_UNREACHABLE, EX_UNAVAILABLE);
		errno = error;
		err(EX_UNAVAILABLE, "unable to connect to %s port %s", o->host,
		    o->port);
	}
	freeaddrinfo(list);
	return fd;
}

/* --- the handshake -------------------------------------------------------- */

static void __attribute__((noreturn))
fail(const struct ws_options *o, const struct wire *w, const char *what)
{
	int status = EX_IOERR, error = errno;

	output_cause(w->tls_error != 0 && error != ETIMEDOUT
			 ? CAUSE_TLS
			 : CAUSE_UNREACHABLE,
	    status);
	errno = error;
	if (errno == ETIMEDOUT)
		errx(EX_TEMPFAIL, "unable to %s %s: the server does not answer",
		    what, o->host);
	if (w->tls_error != 0)
		status =
		    tls_error_is_trust(w->tls_error) ? EX_NOPERM : EX_PROTOCOL;
	errx(status, "unable to %s %s: %s%s", what, o->host, wire_why(w),
	    tls_error_is_version(w->tls_error)
		? " (does the server need ws://?)"
		: "");
}

/* Write a list of the subprotocols that we offer. */
static void
list_protocols(const struct ws_options *o, char *buf, size_t size)
{
	size_t n = 0;
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < o->protocols.count && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s",
		    i > 0 ? ", " : "", o->protocols.words[i]);
	if (n >= size)
		errx(EX_USAGE,
		    "unable to offer the subprotocols: too many, or too long");
}

static void
ask(const struct ws_options *o, struct wire *w, const char *key,
    const char *protocols, int64_t deadline)
{
	bool is_v6 = strchr(o->host, ':') != NULL;
	bool is_usual = strcmp(o->port, o->is_secure ? "443" : "80") == 0;
	char block[WS_BLOCK_MAX];
	int n;

	n = snprintf(block, sizeof(block),
	    "GET %s HTTP/1.1\r\n"
	    "Host: %s%s%s%s%s\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "%s%s%s%s\r\n",
	    o->path, is_v6 ? "[" : "", o->host, is_v6 ? "]" : "",
	    is_usual ? "" : ":", is_usual ? "" : o->port, key,
	    *protocols != '\0' ? "Sec-WebSocket-Protocol: " : "", protocols,
	    *protocols != '\0' ? "\r\n" : "",
	    o->headers != NULL ? o->headers : "");
	if (n >= (int)sizeof(block))
		errx(EX_USAGE, "unable to ask for a WebSocket: the path and "
			       "the headers are too "
			       "long");
	if (wire_write_all(w, block, (size_t)n, deadline) == -1)
		fail(o, w, "speak to");
}

/* The exit status for a refusal with this HTTP status. */
static int
status_of_http(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 407:
		return EX_NOPERM;
	case 404:
	case 410:
		return EX_NOINPUT;
	case 408:
	case 409:
	case 429:
	/* A web server also sends these if the server behind it is down. */
	case 500:
	case 502:
	case 503:
	case 504:
		return EX_TEMPFAIL;
	default:
		return EX_PROTOCOL;
	}
}

/* The cause for a refusal with this HTTP status. */
static enum cause
cause_of_http(int status)
{
	if (status == 401 || status == 407)
		return CAUSE_CREDENTIALS;
	return status_of_http(status) == EX_TEMPFAIL ? CAUSE_SERVER
						     : CAUSE_USUAL;
}

/* Was plain HTTP sent to a TLS server? It hangs up, or sends a TLS alert. */
static bool
may_want_tls(const struct ws_options *o, const char *said, size_t len)
{
	return !o->is_secure && (len == 0 || said[0] == TLS_ALERT);
}

/* Read the rest of a block, *have bytes of which have arrived. Returns its
 * length. */
static size_t
read_block(const struct ws_options *o, struct wire *w, char block[WS_BLOCK_MAX],
    size_t *have, int64_t deadline)
{
	size_t len;
	ssize_t n;

	while ((len = http_block_length(block, *have)) == 0) {
		if (*have == WS_BLOCK_MAX)
			errx(EX_PROTOCOL,
			    "unable to speak to %s: the answer "
			    "is too long",
			    o->host);
		n = wire_read_some(
		    w, block + *have, WS_BLOCK_MAX - *have, deadline);
		if (n == 0)
			errx(EX_PROTOCOL,
			    "unable to speak to %s: the server hung up%s",
			    o->host,
			    may_want_tls(o, block, *have)
				? " (does the server need wss://?)"
				: "");
		if (n == -1)
			fail(o, w, "speak to");
		*have += (size_t)n;
	}
	return len;
}

/*
 * The server refuses: print the first line of its text, and exit. `have` bytes
 * of that text came with the answer.
 */
static void __attribute__((noreturn))
end_refused(const struct ws_options *o, struct wire *w,
    const struct ws_answer *answer, const char *text, size_t have)
{
	int64_t deadline = clock_ms() + REFUSAL_MS;
	char why[WS_WHY_MAX] = "";
	ssize_t n = 1;

	if (!answer->has_text)
		have = 0;
	if (have > sizeof(why) - 1)
		have = sizeof(why) - 1;
	memcpy(why, text, have);
	while (answer->has_text && n > 0 && have < sizeof(why) - 1 &&
	       memchr(why, '\n', have) == NULL) {
		n = wire_read_some(
		    w, why + have, sizeof(why) - 1 - have, deadline);
		have += n > 0 ? (size_t)n : 0;
	}
	why[strcspn(why, "\r\n")] = '\0';
	output_cause(
	    cause_of_http(answer->status), status_of_http(answer->status));
	ws_log("", "unable to open a WebSocket at %s: HTTP %d%s%s", o->host,
	    answer->status, why[0] != '\0' ? ": " : "", why);
	exit(status_of_http(answer->status));
}

/* Read the answer. Returns the number of bytes that came after it, which are at
 * *rest. */
static size_t
take_answer(const struct ws_options *o, struct wire *w, const char *key,
    const char *protocols, const unsigned char **rest, int64_t deadline)
{
	static char block[WS_BLOCK_MAX];
	const char *offered = *protocols != '\0' ? protocols : NULL, *wrong;
	size_t have = 0, len;
	struct ws_answer answer;

	for (;;) {
		len = read_block(o, w, block, &have, deadline);
		wrong = ws_answer_check(block, len, key, offered, &answer);
		/* Skip interim answers (RFC 9110 section 15.2). */
		if (answer.status < 100 || answer.status > 199 ||
		    answer.status == 101)
			break;
		have -= len;
		memmove(block, block + len, have);
	}
	if (wrong != NULL && answer.status != 0 && answer.status != 101)
		end_refused(o, w, &answer, block + len, have - len);
	if (wrong != NULL)
		errx(EX_PROTOCOL, "unable to open a WebSocket at %s: %s",
		    o->host, wrong);
	*rest = (const unsigned char *)block + len;
	return have - len;
}

/* The server accepts: the monitor opens the backend. */
static void
open_backend(int monitor, int fds[2])
{
	static struct ws_message m;

	m.kind = WS_OPEN_REQUEST;
	if (ws_message_send(monitor, &m, NULL) == -1 ||
	    ws_message_receive(monitor, &m, fds) == -1)
		_exit(EX_SOFTWARE);
	if (m.kind != WS_OPEN_REPLY || m.u.reply.status != 0)
		_exit(EX_UNAVAILABLE); /* the monitor printed why */
}

int
ws_client_run(const struct ws_options *o, int monitor)
{
	static struct wire w;
	static struct tls tls;
	const unsigned char *rest;
	char key[WS_KEY_SIZE], protocols[2048];
	unsigned char random[16];
	struct ws_session session;
	int64_t deadline;
	size_t early;
	int fds[2], fd = connect_host(o);

	/* From here on, nothing needs more rights. */
	if (sandbox_enter_strict() == -1 && !sandbox_is_missing(errno))
		err(EX_OSERR, "unable to enter the worker's sandbox");
	wire_tune(fd);
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
	    (o->is_secure && tls_client(&tls, o->is_address ? NULL : o->host,
				 o->anchors, o->pin) == -1))
		errx(EX_OSERR, "unable to start TLS: no random bytes");
	wire_init(&w, fd, fd, o->is_secure ? &tls : NULL);
	ws_key(random, key);
	list_protocols(o, protocols, sizeof(protocols));
	deadline = clock_ms() + HANDSHAKE_MS;
	ask(o, &w, key, protocols, deadline);
	early = take_answer(o, &w, key, protocols, &rest, deadline);
	open_backend(monitor, fds);
	session = (struct ws_session){
	    .wire = &w, .early = rest, .early_len = early, .peer = ""};
	if (o->verbose)
		ws_log(o->host, "opened %.*s", (int)strcspn(o->path, "?"),
		    o->path);
	return ws_session_run(o, monitor, &session, fds);
}
