/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-upload: take images into the store by HTTP, by tus or a plain PUT. A web
 * server calls it by SCGI, with a process for each request, or by CGI. It has
 * no rights of its own: vm-door opens the files for it, in the client's name.
 */
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "http/server.h"
#include "http/status.h"
#include "upload/answer.h"
#include "upload/write.h"

#define SOCKET	  "/run/vm-upload.sock"
#define UPLOADS	  16	/* at once */
#define ARRIVE_MS 10000 /* a head must arrive within that time */
#define LINGER_MS 1000	/* to read what a client sends after the answer */

static void answer_scgi(int fd, bool is_too_many);

static struct http_server server = {.socket = SOCKET,
    .user = "vmedia-upload",
    .requests = 64,
    .places = UPLOADS,
    .answer = answer_scgi,
    .warn = warn};
static uint64_t idle = 300; /* seconds */

static void
usage(FILE *out)
{
	fputs("usage: vm-upload [-hV] [-g GROUP] [-n REQUESTS] [-s SOCKET] "
	      "[-t SECONDS]\n"
	      "                 [-u USER]\n"
	      "-g GROUP     let this group connect, too: the web server's\n"
	      "-n REQUESTS  answer this many at once (64), beside 16 uploads\n"
	      "-s SOCKET    listen there by SCGI (" SOCKET ")\n"
	      "-t SECONDS   end an upload that sends nothing for this long "
	      "(300)\n"
	      "-u USER      run as this user (vmedia-upload)\n"
	      "A web server that starts it by CGI sets GATEWAY_INTERFACE.\n",
	    out);
}

/* --- one request ---------------------------------------------------------- */

/* Read the rest of the body until the web server has seen the answer: a web
 * server that cannot send the rest may tell its client of that, and not of the
 * answer. The answer is in the socket already, and a web server on this machine
 * sees it within a turn of its loop, whatever its client does: a second is
 * long, even on a busy processor. A client that sends nothing, and need not
 * have logged in, holds a process no longer than this. If there are too many
 * requests, do not wait, because others would have to wait, too: the web server
 * may then say 503 in its own words. */
static void
linger(int fd, bool is_too_many)
{
	const int64_t end = clock_ms() + (is_too_many ? 0 : LINGER_MS);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	static char rest[65536];
	int64_t left;

	shutdown(fd, SHUT_WR);
	do {
		left = end - clock_ms();
		left = left > 0 ? left : 0;
	} while (poll(&p, 1, (int)left) == 1 &&
		 read(fd, rest, sizeof(rest)) > 0 && left > 0);
}

static void
answer(struct cgi_request *http, int error, int in, int out)
{
	struct upload u = {.http = http, .in = in, .idle = (unsigned)idle};
	char *text;
	size_t len;

	upload_answer(&u, error);
	len = upload_write(&u, &text);
	http_write(out, text, len);
	free(text);
	if (in == out && (error != 0 || u.taken < http->length))
		linger(in, error == 503);
	upload_free(&u);
}

static void
answer_scgi(int fd, bool is_too_many)
{
	static char head[CGI_HEAD_MAX];
	struct cgi_request http;
	const char *why;
	int error;

	error =
	    cgi_read_scgi_head(&http, fd, head, clock_ms() + ARRIVE_MS, &why);
	if (error != -1)
		answer(&http, error == 0 && is_too_many ? 503 : error, fd, fd);
	cgi_request_free(&http);
}

static int
answer_cgi(void)
{
	struct cgi_request http;
	int error = cgi_take_environment(&http) != NULL ? 400 : 0;

	answer(&http, error, STDIN_FILENO, STDOUT_FILENO);
	cgi_request_free(&http);
	return 0;
}

/* --- the command line ----------------------------------------------------- */

static void
take_number(const char *word, uint64_t max, uint64_t *number)
{
	if (number_parse(word, 1, max, number) == -1)
		errx(EX_USAGE, "unable to use %s: not a number from 1 to %u",
		    word, (unsigned)max);
}

int
main(int argc, char **argv)
{
	struct failure why;
	int c;

	signal(SIGCHLD, SIG_DFL);
	output_check_at_exit();
	while ((c = options_next(argc, argv, "g:hn:s:t:u:V")) != -1) {
		switch (c) {
		case 'g':
			server.group = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'n':
			take_number(optarg, 1000, &server.requests);
			break;
		case 's':
			server.socket = optarg;
			break;
		case 't':
			take_number(optarg, 86400, &idle);
			break;
		case 'u':
			server.user = optarg;
			break;
		case 'V':
			puts("vm-upload " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return EX_USAGE;
	}
	/* Seed jansson now: otherwise it would do so at the first object. */
	json_object_seed(0);
	if (getenv("GATEWAY_INTERFACE") == NULL) {
		if (http_run(&server, &why) == -1)
			errx(why.status, "%s", why.text);
		return 0;
	}
	if (http_give_up_rights(&server, &why) == -1)
		errx(why.status, "%s", why.text);
	return answer_cgi();
}
