/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-ws-proxy: a bridge between a WebSocket (RFC 6455) and a stream of bytes.
 *
 * As a server it listens by itself, with TLS, or takes a connection from
 * inetd(8), systemd or a web server; as a client it connects to one. The far
 * side is a command, a Unix socket, or its own standard input and output. What
 * passes is not looked at. How it is made: lib/ws-proxy.h.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "listen.h"
#include "notify.h"
#include "number.h"
#include "secret.h"
#include "ws-listen.h"

#define SYSTEM_ANCHORS "/etc/ssl/certs/ca-certificates.crt"
#define LISTEN_FD      3 /* systemd's first (sd_listen_fds(3)) */

static struct ws_options options;
static struct ws_limits limits = {8, 0};
static struct tls_anchors anchors;
static unsigned char pin[TLS_PIN_SIZE];

/* What of the command line is done with here. */
static struct {
	const char *listen, *url, *chain, *key, *anchors;
	const char *secret_protocols, *headers;
	bool allows_plain;
} args;

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

/* --- files ---------------------------------------------------------------- */

/* NULL with errno where it can't be. */
static char *
try_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char *text = fd != -1 ? secret_read(fd, len) : NULL;

	saved = errno;
	if (fd != -1)
		close(fd);
	errno = saved;
	return text;
}

static char *
read_file(const char *path, size_t *len)
{
	char *text = try_file(path, len);

	if (text == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_NOPERM,
		    "unable to read %s", path);
	return text;
}

/*
 * Use a certificate and its key; of two, for one is at work meanwhile, and
 * holds pointers into itself. Returns NULL, or why they can't be used.
 */
static const char *
use_identity(
    const char *chain, size_t chain_len, const char *key, size_t key_len)
{
	static struct tls_identity identities[2];
	struct tls_identity *fresh =
	    &identities[options.identity == &identities[0]];
	const char *why;

	tls_identity_free(fresh);
	if (tls_identity_take(fresh, chain, chain_len, key, key_len, &why) ==
	    -1)
		return why;
	options.identity = fresh;
	return NULL;
}

static void
take_identity(void)
{
	size_t chain_len, key_len;
	char *chain = read_file(args.chain, &chain_len);
	char *key = read_file(args.key, &key_len);
	const char *why = use_identity(chain, chain_len, key, key_len);

	if (why != NULL)
		errx(EX_CONFIG, "unable to use %s: %s", args.chain, why);
	secret_free(chain);
	secret_free(key);
}

/* What can't be used now may be on its way: the old ones are left then. */
static void
reload(void)
{
	size_t chain_len, key_len;
	char *chain, *key;
	const char *why = "it, or its key, can't be read";

	if (args.chain == NULL)
		return;
	chain = try_file(args.chain, &chain_len);
	key = try_file(args.key, &key_len);
	if (chain != NULL && key != NULL)
		why = use_identity(chain, chain_len, key, key_len);
	if (why != NULL)
		warnx("unable to use %s: %s", args.chain, why);
	secret_free(chain);
	secret_free(key);
}

static void
take_anchors(void)
{
	const char *path = args.anchors != NULL ? args.anchors : SYSTEM_ANCHORS;
	const char *why;
	size_t len;
	char *text = read_file(path, &len);

	if (tls_anchors_take(&anchors, text, len, &why) == -1)
		errx(EX_CONFIG, "unable to use %s: %s", path, why);
	secret_free(text);
	options.anchors = &anchors;
}

/* Lines of HTTP, each ended as it wants them (RFC 9112 section 2.1). */
static void
take_headers(void)
{
	size_t len, n = 0;
	char *text = read_file(args.headers, &len), *line, *rest;
	char *lines = malloc(2 * len + 3);

	if (lines == NULL)
		err(EX_OSERR, "unable to take %s", args.headers);
	lines[0] = '\0';
	for (line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (strchr(line, ':') == NULL)
			errx(EX_CONFIG, "unable to use %s: no NAME: VALUE",
			    args.headers);
		n += (size_t)sprintf(lines + n, "%s\r\n", line);
	}
	secret_free(text);
	options.headers = lines;
}

static void
add(struct ws_list *list, const char *word)
{
	if (list->count == WS_LIST_MAX)
		errx(EX_USAGE,
		    "unable to take more than %d origins, paths or "
		    "subprotocols",
		    WS_LIST_MAX);
	list->words[list->count++] = word;
}

/* Subprotocols that are secrets; they stay in memory. */
static void
take_secret_protocols(void)
{
	size_t len;
	char *text = read_file(args.secret_protocols, &len), *line, *rest;

	for (line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest))
		add(&options.protocols, line);
}

/* --- words ---------------------------------------------------------------- */

static void
parse_pin(const char *text)
{
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
	options.pin = pin;
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

static void
parse_port(const char *text, size_t len)
{
	char copy[sizeof(options.port)] = "";

	if (len >= sizeof(copy))
		errx(EX_USAGE, "unable to use the URL: no such port");
	memcpy(copy, text, len);
	snprintf(options.port, sizeof(options.port), "%d",
	    parse_number(copy, 65535));
}

/* "ws://host:port/path?query". */
static void
parse_url(const char *url)
{
	struct ws_options *o = &options;
	const char *at, *end, *port;
	size_t len;

	o->is_client = true;
	o->is_secure = strncmp(url, "wss://", 6) == 0;
	if (!o->is_secure && strncmp(url, "ws://", 5) != 0)
		errx(EX_USAGE, "unable to use %s: no ws:// or wss://", url);
	at = strchr(url, '/') + 2;
	end = at + strcspn(at, "/?#");
	if (memchr(at, '@', (size_t)(end - at)) != NULL)
		errx(EX_USAGE, "unable to use the URL: users and passwords go "
			       "by -H");
	if (*end == '#' || strchr(url, '#') != NULL ||
	    strpbrk(url, " \t\r\n\"<>") != NULL)
		errx(EX_USAGE, "unable to use %s: it is no URL of a WebSocket",
		    url);
	port = memchr(at, ']', (size_t)(end - at));
	port = memchr(port != NULL ? port : at, ':',
	    (size_t)(end - (port != NULL ? port : at)));
	len = (size_t)((port != NULL ? port : end) - at);
	if (len > 2 && at[0] == '[' && at[len - 1] == ']') {
		at++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(o->host) ||
	    strlen(end) >= sizeof(o->path) - 1)
		errx(EX_USAGE, "unable to use %s: no host, or too long", url);
	memcpy(o->host, at, len);
	snprintf(o->port, sizeof(o->port), "%s", o->is_secure ? "443" : "80");
	if (port != NULL)
		parse_port(port + 1, (size_t)(end - port - 1));
	snprintf(o->path, sizeof(o->path), "%s%s", *end == '/' ? "" : "/", end);
}

static void
parse(int argc, char **argv)
{
	struct ws_options *o = &options;
	int c;

	while ((c = getopt(argc, argv,
		    "+A:a:C:c:ef:H:hi:k:l:m:Nn:o:p:S:s:Tt:U:u:vVx")) != -1) {
		switch (c) {
		case 'A':
			o->authoriser = optarg;
			break;
		case 'a':
			args.anchors = optarg;
			break;
		case 'C':
			args.url = optarg;
			break;
		case 'c':
			args.chain = optarg;
			break;
		case 'e':
			o->tells = true;
			break;
		case 'f':
			parse_pin(optarg);
			break;
		case 'H':
			args.headers = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'i':
			o->ping_after = 1000 * parse_number(optarg, 3600);
			break;
		case 'k':
			args.key = optarg;
			break;
		case 'l':
			args.listen = optarg;
			break;
		case 'm':
			limits.peer =
			    (unsigned)parse_number(optarg, WS_CONNECTIONS_MAX);
			break;
		case 'N':
			args.allows_plain = true;
			break;
		case 'n':
			limits.all =
			    (unsigned)parse_number(optarg, WS_CONNECTIONS_MAX);
			break;
		case 'o':
			add(&o->origins, optarg);
			break;
		case 'p':
			add(&o->paths, optarg);
			break;
		case 'S':
			args.secret_protocols = optarg;
			break;
		case 's':
			add(&o->protocols, optarg);
			break;
		case 'T':
			o->accepts_text = true;
			break;
		case 't':
			o->tickets = optarg;
			break;
		case 'U':
			o->socket = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'V':
			puts("vm-ws-proxy " VERSION);
			exit(0);
		case 'x':
			o->is_forwarded = true;
			break;
		default:
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (optind < argc)
		o->command = argv + optind;
}

/* What does not go together. */
static void
check_args(void)
{
	const struct ws_options *o = &options;

	if (args.listen != NULL && args.url != NULL)
		errx(EX_USAGE, "unable to be server and client: -l or -C");
	if (o->socket != NULL && o->command != NULL)
		errx(EX_USAGE, "unable to have two far sides: -U or a command");
	if ((args.chain == NULL) != (args.key == NULL))
		errx(EX_USAGE, "unable to speak TLS: -c and -k go together");
	if (o->is_client &&
	    (args.chain != NULL || o->tickets != NULL || o->authoriser != NULL))
		errx(EX_USAGE, "unable to use -c, -t or -A as a client");
	if (!o->is_client &&
	    (args.anchors != NULL || o->pin != NULL || args.headers != NULL))
		errx(EX_USAGE, "unable to use -a, -f or -H as a server");
	if (o->is_client && o->is_secure && o->pin == NULL &&
	    ws_is_address(o->host))
		errx(EX_USAGE,
		    "unable to verify %s: certificates are checked "
		    "by name; use its name, or a pin",
		    o->host);
	if (o->is_client && !o->is_secure &&
	    (args.anchors != NULL || o->pin != NULL))
		errx(EX_USAGE, "unable to verify ws://: use wss://");
}

/* --- the ways to be started ----------------------------------------------- */

/* Descriptors that are in the way of standard input and output, elsewhere. */
static int
move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	if (moved == -1)
		err(EX_OSERR, "unable to use descriptor %d", fd);
	close(fd);
	return moved;
}

/* inetd(8) gives the connection as standard error, too: it is no log. */
static void
leave_standard_streams(void)
{
	struct stat socket, error;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		err(EX_OSERR, "unable to open /dev/null");
	if (fstat(STDIN_FILENO, &socket) == 0 &&
	    fstat(STDERR_FILENO, &error) == 0 &&
	    socket.st_dev == error.st_dev && socket.st_ino == error.st_ino)
		dup2(null, STDERR_FILENO);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
}

static int
serve_cgi(void)
{
	const char *peer = getenv("REMOTE_ADDR");
	int in, out;

	options.is_cgi = true;
	in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	if (in == -1 || out == -1)
		err(EX_OSERR, "unable to use the web server's descriptors");
	leave_standard_streams();
	return ws_keep(&options, in, out, peer != NULL ? peer : "local", NULL);
}

/* Is it a socket, and one that listens? */
static bool
is_listening(int fd)
{
	int answer = 0;
	socklen_t len = sizeof(answer);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &answer, &len) == -1)
		errx(EX_USAGE,
		    "unable to serve: descriptor %d is no socket; "
		    "see -l and -h",
		    fd);
	return answer != 0;
}

static void
check_plain(bool is_local)
{
	if (!is_local && options.identity == NULL && !args.allows_plain)
		errx(EX_USAGE,
		    "unable to listen for others without TLS: what "
		    "passes could be read and changed; -c and -k, or -N");
}

/* What systemd or inetd has given us. */
static int
serve_given(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	bool by_systemd = pid != NULL && count != NULL &&
			  atol(pid) == (long)getpid() && atoi(count) == 1;
	int given = by_systemd ? LISTEN_FD : STDIN_FILENO, fd;
	char peer[WS_PEER_SIZE];

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (is_listening(given)) {
		fd = move_up(given);
		check_plain(ws_is_local(fd));
		if (options.socket == NULL && options.command == NULL)
			errx(EX_USAGE,
			    "unable to serve all who connect by one "
			    "standard input: -U or a command is needed");
		notify_ready();
		return ws_accept_all(&options, fd, NULL, &limits, reload);
	}
	if (given == STDIN_FILENO && options.socket == NULL &&
	    options.command == NULL)
		errx(EX_USAGE, "unable to have the peer as the far side: -U or "
			       "a command is needed");
	if (given == STDIN_FILENO) {
		fd = fcntl(given, F_DUPFD_CLOEXEC, 10);
		leave_standard_streams();
	} else {
		fd = move_up(given);
	}
	ws_peer_name(fd, peer);
	wire_tune(fd);
	return ws_keep(&options, fd, fd, peer, NULL);
}

static int
serve_address(void)
{
	bool is_local, is_stdio = options.socket == NULL && !options.command;
	char shown[WS_NAME_MAX];
	int fd = ws_listen(args.listen, &is_local, shown, sizeof(shown));

	check_plain(is_local);
	fd = move_up(fd);
	/* It is the far side's output otherwise. */
	if (is_stdio) {
		fprintf(stderr, "%s\n", shown);
		return ws_accept_one(&options, fd, args.listen);
	}
	puts(shown);
	fclose(stdout);
	notify_ready();
	return ws_accept_all(&options, fd, args.listen, &limits, reload);
}

int
main(int argc, char **argv)
{
	parse(argc, argv);
	if (args.url != NULL)
		parse_url(args.url);
	check_args();
	if (args.secret_protocols != NULL)
		take_secret_protocols();
	if (options.is_client) {
		if (args.headers != NULL)
			take_headers();
		if (options.is_secure && options.pin == NULL)
			take_anchors();
		return ws_keep(&options, -1, -1, options.host, NULL);
	}
	if (options.protocols.count == 0) {
		add(&options.protocols, WS_NBD_BEAT);
		add(&options.protocols, WS_NBD);
		add(&options.protocols, "binary");
	}
	if (args.chain != NULL)
		take_identity();
	if (args.listen != NULL)
		return serve_address();
	if (getenv("GATEWAY_INTERFACE") != NULL)
		return serve_cgi();
	return serve_given();
}
