/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <err.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"
#include "ws-monitor/arguments.h"
#include "http/headers.h"

#define OPTIONS "+A:a:C:c:ef:H:hi:k:l:m:Nn:o:p:S:s:Tt:U:u:vVx"

static void
usage(FILE *out)
{
	fputs("usage: vm-ws-proxy [options] -l ADDR:PORT|/PATH "
	      "[-c CHAIN -k KEY] [FAR]\n"
	      "       vm-ws-proxy [options] FAR           "
	      "descriptor 0 is the socket, or CGI\n"
	      "       vm-ws-proxy [options] -C ws[s]://HOST[:PORT]/PATH [FAR]\n"
	      "FAR is -U SOCKET or COMMAND [ARG...]; else standard input and "
	      "output\n"
	      "both:    -e (tell why COMMAND ended)  -i SECONDS  "
	      "-s SUBPROTOCOL  -T (text, too)\n"
	      "         -u USER  -v  -V  -h\n"
	      "server:  -A COMMAND  -m MAX  -N (plain is fine)  -n MAX  "
	      "-o ORIGIN  -p PATH\n"
	      "         -t DIR (tickets)  -x (behind a proxy)\n"
	      "client:  -a CAFILE  -f SHA256  -H FILE (headers)  -S FILE "
	      "(subprotocols)\n",
	    out);
}

/* --- words ---------------------------------------------------------------- */

void
ws_args_add(struct ws_list *list, const char *word)
{
	if (list->count == WS_LIST_MAX)
		errx(EX_USAGE,
		    "unable to take more than %d origins, paths or "
		    "subprotocols",
		    WS_LIST_MAX);
	list->words[list->count++] = word;
}

/* As browsers spell them (RFC 6454 section 6.2), or "*". */
static void
add_origin(struct ws_list *list, const char *word)
{
	const char *host = strstr(word, "://");

	if (strcmp(word, "*") != 0 &&
	    (host == NULL || host == word || host[3] == '\0' ||
		host[3 + strcspn(host + 3, "/?# ")] != '\0'))
		errx(EX_USAGE,
		    "unable to use the origin %s: not SCHEME://HOST[:PORT] or "
		    "*",
		    word);
	ws_args_add(list, word);
}

static void
add_path(struct ws_list *list, const char *word)
{
	if (*word != '/' || strpbrk(word, "?# ") != NULL)
		errx(EX_USAGE,
		    "unable to use the path %s: no / to begin with, or more "
		    "than a path",
		    word);
	ws_args_add(list, word);
}

static void
parse_pin(struct ws_options *o, const char *text)
{
	static unsigned char pin[TLS_PIN_SIZE];
	size_t n = 0;

	for (; n < sizeof(pin) && isxdigit((unsigned char)text[0]) &&
	       isxdigit((unsigned char)text[1]);
	     n++) {
		sscanf(text, "%2hhx", &pin[n]);
		text += 2;
		/* As openssl(1) prints it. */
		text += *text == ':';
	}
	if (n != sizeof(pin) || *text != '\0')
		errx(EX_USAGE, "unable to use the pin: not a SHA-256 in "
			       "hexadecimal digits");
	o->pin = pin;
}

static int
parse_number(const char *text, uint64_t max)
{
	uint64_t n;

	if (number_parse(text, 1, max, &n) == -1)
		errx(EX_USAGE, "unable to use %s: not 1 to %u", text,
		    (unsigned)max);
	return (int)n;
}

/* --- the URL -------------------------------------------------------------- */

static void
parse_port(struct ws_options *o, const char *text, size_t len)
{
	char copy[sizeof(o->port)] = "";

	if (len >= sizeof(copy))
		errx(EX_USAGE, "unable to use the URL: no such port");
	memcpy(copy, text, len);
	snprintf(o->port, sizeof(o->port), "%d", parse_number(copy, 65535));
}

/* "host", "[::1]", with or without ":port", up to `end`. */
static void
parse_authority(struct ws_options *o, const char *at, const char *end)
{
	const char *bracket = memchr(at, ']', (size_t)(end - at));
	const char *from = bracket != NULL ? bracket : at;
	const char *port = memchr(from, ':', (size_t)(end - from));
	size_t len = (size_t)((port != NULL ? port : end) - at);

	if (memchr(at, '@', (size_t)(end - at)) != NULL)
		errx(EX_USAGE, "unable to use the URL: users and passwords go "
			       "by -H");
	if (len > 2 && at[0] == '[' && at[len - 1] == ']') {
		at++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(o->host))
		errx(EX_USAGE, "unable to use the URL: no host, or too long");
	memcpy(o->host, at, len);
	snprintf(o->port, sizeof(o->port), "%s", o->is_secure ? "443" : "80");
	if (port != NULL)
		parse_port(o, port + 1, (size_t)(end - port - 1));
}

/* "ws://host:port/path?query". */
static void
parse_url(struct ws_options *o, const char *url)
{
	const char *at, *end;

	o->is_client = true;
	o->is_secure = strncmp(url, "wss://", 6) == 0;
	if (!o->is_secure && strncmp(url, "ws://", 5) != 0)
		errx(EX_USAGE, "unable to use %s: no ws:// or wss://", url);
	if (strpbrk(url, "# \t\r\n\"<>") != NULL)
		errx(EX_USAGE, "unable to use %s: it is no URL of a WebSocket",
		    url);
	at = strchr(url, '/') + 2;
	end = at + strcspn(at, "/?");
	parse_authority(o, at, end);
	if (strlen(end) >= sizeof(o->path) - 1)
		errx(EX_USAGE, "unable to use the URL: it is too long");
	snprintf(o->path, sizeof(o->path), "%s%s", *end == '/' ? "" : "/", end);
}

/* --- options -------------------------------------------------------------- */

/* One of a server's. Returns false where it is none of them. */
static bool
take_server_option(struct ws_args *a, int c, char *word)
{
	struct ws_options *o = &a->options;

	switch (c) {
	case 'A':
		o->authoriser = word;
		return true;
	case 'c':
		a->chain = word;
		return true;
	case 'k':
		a->key = word;
		return true;
	case 'l':
		a->listen = word;
		return true;
	case 'm':
		a->limits.peer =
		    (unsigned)parse_number(word, WS_CONNECTIONS_MAX);
		return true;
	case 'N':
		a->allows_plain = true;
		return true;
	case 'n':
		a->limits.all =
		    (unsigned)parse_number(word, WS_CONNECTIONS_MAX);
		return true;
	case 'o':
		add_origin(&o->origins, word);
		return true;
	case 'p':
		add_path(&o->paths, word);
		return true;
	case 't':
		o->tickets = word;
		return true;
	case 'x':
		o->is_forwarded = true;
		return true;
	default:
		return false;
	}
}

/* One of a client's; likewise. */
static bool
take_client_option(struct ws_args *a, int c, char *word)
{
	switch (c) {
	case 'a':
		a->anchors = word;
		return true;
	case 'C':
		parse_url(&a->options, word);
		return true;
	case 'f':
		parse_pin(&a->options, word);
		return true;
	case 'H':
		a->headers = word;
		return true;
	case 'S':
		a->secret_protocols = word;
		return true;
	default:
		return false;
	}
}

/* One of both; the rest is help, or wrong. */
static void
take_option(struct ws_args *a, int c, char *word)
{
	struct ws_options *o = &a->options;

	switch (c) {
	case 'e':
		o->tells = true;
		break;
	case 'h':
		usage(stdout);
		exit(0);
	case 'i':
		o->ping_after = 1000 * parse_number(word, 3600);
		break;
	case 's':
		ws_args_add(&o->protocols, word);
		break;
	case 'T':
		o->accepts_text = true;
		break;
	case 'U':
		o->socket = word;
		break;
	case 'u':
		o->user = word;
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'V':
		puts("vm-ws-proxy " VERSION);
		exit(0);
	default:
		usage(stderr);
		exit(EX_USAGE);
	}
}

/* --- what does not go together -------------------------------------------- */

static void
check_client(const struct ws_args *a)
{
	const struct ws_options *o = &a->options;

	if (a->listen != NULL)
		errx(EX_USAGE, "unable to be server and client: -l or -C");
	if (a->chain != NULL || o->tickets != NULL || o->authoriser != NULL)
		errx(EX_USAGE, "unable to use -c, -t or -A as a client");
	if (o->is_secure && o->pin == NULL && ws_is_address(o->host))
		errx(EX_USAGE,
		    "unable to verify %s: certificates are checked "
		    "by name; use its name, or a pin",
		    o->host);
	if (!o->is_secure && (a->anchors != NULL || o->pin != NULL))
		errx(EX_USAGE, "unable to verify ws://: use wss://");
}

static void
check(const struct ws_args *a)
{
	const struct ws_options *o = &a->options;

	if (o->socket != NULL && o->command != NULL)
		errx(EX_USAGE, "unable to have two far sides: -U or a command");
	if ((a->chain == NULL) != (a->key == NULL))
		errx(EX_USAGE, "unable to speak TLS: -c and -k go together");
	if (o->is_client)
		check_client(a);
	else if (a->anchors != NULL || o->pin != NULL || a->headers != NULL)
		errx(EX_USAGE, "unable to use -a, -f or -H as a server");
	if (o->user != NULL && getpwnam(o->user) == NULL)
		errx(EX_NOUSER, "unable to run as %s: no such user", o->user);
}

/* What can't be asked for by a header. They may be secrets. */
static void
check_protocols(const struct ws_list *list)
{
	unsigned i;

	for (i = 0; i < list->count; i++)
		if (!http_is_token(list->words[i], strlen(list->words[i])))
			errx(EX_USAGE,
			    "unable to use a subprotocol: a letter, digit or "
			    "one of !#$%%&'*+-.^_`|~ is what it is made of");
}

void
ws_args_take(struct ws_args *a, int argc, char **argv)
{
	struct ws_list *protocols = &a->options.protocols;
	int c;

	while ((c = getopt(argc, argv, OPTIONS)) != -1)
		if (!take_server_option(a, c, optarg) &&
		    !take_client_option(a, c, optarg))
			take_option(a, c, optarg);
	if (optind < argc)
		a->options.command = argv + optind;
	check(a);
	ws_files_take(a);
	check_protocols(protocols);
	if (a->options.is_client || protocols->count > 0)
		return;
	ws_args_add(protocols, WS_NBD_BEAT);
	ws_args_add(protocols, WS_NBD);
	ws_args_add(protocols, "binary");
}
