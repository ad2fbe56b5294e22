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
#include "base/options.h"
#include "http/headers.h"
#include "tls/engine.h"
#include "ws-monitor/arguments.h"

#define OPTIONS "+A:a:C:c:ef:H:hi:k:l:m:Nn:o:p:S:s:Tt:U:u:vVx"

static void
usage(FILE *out)
{
	fputs("usage: vm-ws-proxy [options] -l ADDR:PORT|/PATH "
	      "[-c CHAIN -k KEY] [BACKEND]\n"
	      "       vm-ws-proxy [options] BACKEND       "
	      "descriptor 0 is the socket, or CGI\n"
	      "       vm-ws-proxy [options] -C ws[s]://HOST[:PORT]/PATH "
	      "[BACKEND]\n"
	      "BACKEND is -U SOCKET or COMMAND [ARG...]; by default standard "
	      "input "
	      "and output\n"
	      "both:    -e (tell COMMAND's last line)  -i SECONDS  "
	      "-s SUBPROTOCOL  -T (text, too)\n"
	      "         -u USER  -v  -V  -h\n"
	      "server:  -A COMMAND  -m MAX  -N (allow plain)  -n MAX  "
	      "-o ORIGIN  -p PATH\n"
	      "         -t DIR (tickets)  -x (behind a proxy)\n"
	      "client:  -a CAFILE  -f SHA256  -H FILE (headers)  -S FILE "
	      "(subprotocols)\n",
	    out);
}

/* --- words ---------------------------------------------------------------- */

static void
add(struct ws_list *list, const char *word)
{
	if (!ws_list_add(list, word))
		errx(EX_USAGE,
		    "unable to take more than %d origins, paths or "
		    "subprotocols",
		    WS_LIST_MAX);
}

/* An origin as browsers spell it (RFC 6454 section 6.2), or "*". */
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
	add(list, word);
}

static void
add_path(struct ws_list *list, const char *word)
{
	if (*word != '/' || strpbrk(word, "?# ") != NULL)
		errx(EX_USAGE,
		    "unable to use the path %s: it must begin with /, without "
		    "? or #",
		    word);
	add(list, word);
}

/* The word is not shown, because it may be a secret. */
static void
add_protocol(struct ws_list *list, const char *word)
{
	if (!http_is_token(word, strlen(word)))
		errx(EX_USAGE,
		    "unable to use a subprotocol: it must be made of letters, "
		    "digits and !#$%%&'*+-.^_`|~");
	add(list, word);
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
		/* openssl(1) prints colons. */
		text += *text == ':';
	}
	if (n != sizeof(pin) || *text != '\0')
		errx(EX_USAGE,
		    "unable to use the pin: it must be a SHA-256 of 64 "
		    "hexadecimal digits");
	o->pin = pin;
}

static int
parse_number(const char *text, uint64_t max)
{
	uint64_t n;

	if (number_parse(text, 1, max, &n) == -1)
		errx(EX_USAGE, "unable to use %s: not a number from 1 to %u",
		    text, (unsigned)max);
	return (int)n;
}

/* --- the URL -------------------------------------------------------------- */

static void
parse_port(struct ws_options *o, const char *text, size_t len)
{
	char copy[sizeof(o->port)] = "";

	if (len >= sizeof(copy))
		errx(EX_USAGE, "unable to use the URL: its port is too long");
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
		errx(EX_USAGE,
		    "unable to use the URL: send users and passwords by "
		    "-H");
	if (len > 2 && at[0] == '[' && at[len - 1] == ']') {
		at++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(o->host))
		errx(EX_USAGE,
		    "unable to use the URL: its host is empty or too long");
	memcpy(o->host, at, len);
	o->is_address = strchr(o->host, ':') != NULL ||
			strspn(o->host, "0123456789.") == len;
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
		errx(EX_USAGE,
		    "unable to use %s: it must begin with ws:// or wss://",
		    url);
	if (strpbrk(url, "# \t\r\n\"<>") != NULL)
		errx(EX_USAGE, "unable to use %s: not the URL of a WebSocket",
		    url);
	at = strchr(url, '/') + 2;
	end = at + strcspn(at, "/?");
	parse_authority(o, at, end);
	if (strlen(end) >= sizeof(o->path) - 1)
		errx(EX_USAGE, "unable to use the URL: it is too long");
	snprintf(o->path, sizeof(o->path), "%s%s", *end == '/' ? "" : "/", end);
}

/* --- options -------------------------------------------------------------- */

/* Take an option of a server. Returns false if the option is another one. */
static bool
take_server_option(struct ws_arguments *a, int c, char *word)
{
	struct ws_options *o = &a->options;

	switch (c) {
	case 'A':
		o->authorizer = word;
		return true;
	case 'c':
		a->credentials.chain = word;
		return true;
	case 'k':
		a->credentials.key = word;
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

/* Take an option of a client. Returns false if the option is another one. */
static bool
take_client_option(struct ws_arguments *a, int c, char *word)
{
	switch (c) {
	case 'a':
		a->credentials.anchors = word;
		return true;
	case 'C':
		parse_url(&a->options, word);
		return true;
	case 'f':
		parse_pin(&a->options, word);
		return true;
	case 'H':
		a->credentials.headers = word;
		return true;
	case 'S':
		a->credentials.secret_protocols = word;
		return true;
	default:
		return false;
	}
}

/* Take an option of both roles. An unknown option ends the program. */
static void
take_option(struct ws_arguments *a, int c, char *word)
{
	struct ws_options *o = &a->options;

	switch (c) {
	case 'e':
		o->sends_last_line = true;
		break;
	case 'h':
		usage(stdout);
		exit(0);
	case 'i':
		o->ping_after = 1000 * parse_number(word, 3600);
		break;
	case 's':
		add_protocol(&o->protocols, word);
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

/* --- combinations --------------------------------------------------------- */

static void
check_client(const struct ws_arguments *a)
{
	const struct ws_options *o = &a->options;

	if (a->listen != NULL)
		errx(EX_USAGE,
		    "unable to be server and client: use -l or -C, not both");
	if (a->credentials.chain != NULL || o->tickets != NULL ||
	    o->authorizer != NULL)
		errx(EX_USAGE, "unable to use -c, -t or -A as a client");
	if (o->is_secure && o->pin == NULL && o->is_address)
		errx(EX_USAGE,
		    "unable to verify %s: a certificate names a host, not an "
		    "address: use the host's name, or -f",
		    o->host);
	if (!o->is_secure && (a->credentials.anchors != NULL || o->pin != NULL))
		errx(EX_USAGE, "unable to use -a or -f with ws://: use wss://");
}

static void
check(const struct ws_arguments *a)
{
	const struct ws_options *o = &a->options;

	if (o->socket != NULL && o->command != NULL)
		errx(EX_USAGE,
		    "unable to use two backends: use -U or a command");
	if ((a->credentials.chain == NULL) != (a->credentials.key == NULL))
		errx(EX_USAGE, "unable to use TLS: use both -c and -k");
	if (o->is_client)
		check_client(a);
	else if (a->credentials.anchors != NULL || o->pin != NULL ||
		 a->credentials.headers != NULL)
		errx(EX_USAGE, "unable to use -a, -f or -H as a server");
	if (o->user != NULL && getpwnam(o->user) == NULL)
		errx(EX_NOUSER, "unable to run as %s: no such user", o->user);
}

void
ws_arguments_take(struct ws_arguments *a, int argc, char **argv)
{
	struct ws_list *protocols = &a->options.protocols;
	int c;

	while ((c = options_next(argc, argv, OPTIONS)) != -1)
		if (!take_server_option(a, c, optarg) &&
		    !take_client_option(a, c, optarg))
			take_option(a, c, optarg);
	if (optind < argc)
		a->options.command = argv + optind;
	check(a);
	ws_credentials_load(&a->credentials, &a->options);
	if (a->options.is_client || protocols->count > 0)
		return;
	add(protocols, WS_NBD_STATE);
	add(protocols, WS_NBD_BEAT);
	add(protocols, WS_NBD);
	add(protocols, "binary");
}
