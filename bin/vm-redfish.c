/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-redfish: Redfish for a web server, which calls it by SCGI, with a process
 * for each request, or by CGI. It has no rights of its own: vm-door does what
 * needs rights, in the client's name.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "http/cgi.h"
#include "http/server.h"
#include "http/status.h"
#include "image/media.h"
#include "redfish/event-stream.h"
#include "redfish/rules.h"
#include "redfish/write.h"
#include "unix/places.h"

#define SOCKET	     "/run/vm-redfish.sock"
#define ARRIVE_MS    10000 /* a request must arrive whole within that time */
#define ALARM_MARGIN 15	   /* seconds after which even a stuck request ends */

static void answer_scgi(int fd, bool is_too_many);

/* Clients that listen for events have places, because they stay for hours. */
static struct http_server server = {.socket = SOCKET,
    .user = "vmedia-redfish",
    .requests = 64,
    .places = EVENT_LISTENERS,
    .answer = answer_scgi,
    .warn = warn};
static uint64_t seconds = 70; /* for each request */
static struct redfish_settings settings;

static void
usage(FILE *out)
{
	fputs("usage: vm-redfish [-hV] [-d DRIVES] [-g GROUP] [-n REQUESTS] "
	      "[-s SOCKET]\n"
	      "                  [-t SECONDS] [-u USER]\n"
	      "-d DRIVES    the type of each slot, cd or disk (\"cd disk\")\n"
	      "-g GROUP     let this group connect, too: the web server's\n"
	      "-n REQUESTS  answer this many at once (64)\n"
	      "-s SOCKET    listen there by SCGI (" SOCKET ")\n"
	      "-t SECONDS   the longest time for a request (70)\n"
	      "-u USER      run as this user (vmedia-redfish)\n"
	      "A web server that starts it by CGI sets GATEWAY_INTERFACE.\n",
	    out);
}

/* --- one request ---------------------------------------------------------- */

/* Answer a request, or refuse it with the HTTP status `error`. */
static void
answer(struct cgi_request *http, int error, int fd)
{
	struct redfish r = {.settings = &settings,
	    .http = http,
	    .deadline = clock_ms() + (int64_t)seconds * 1000};
	char *text;
	size_t len;

	redfish_answer(&r, error);
	len = redfish_write(&r, &text);
	http_write(fd, text, len);
	/* The text may hold a token. */
	explicit_bzero(text, len);
	free(text);
	if (r.stream != NULL) {
		alarm(0);
		places_take();
		r.stream(&r, fd);
	}
	redfish_free(&r);
}

static void
answer_scgi(int fd, bool is_too_many)
{
	static char head[CGI_HEAD_MAX];
	struct cgi_request http;
	const char *why;
	int error;

	alarm((unsigned)seconds + ALARM_MARGIN);
	error = cgi_read_scgi(&http, fd, head, clock_ms() + ARRIVE_MS, &why);
	if (error != -1)
		answer(&http, error == 0 && is_too_many ? 503 : error, fd);
	cgi_request_free(&http);
}

static int
answer_cgi(void)
{
	struct cgi_request http;
	int error = 400;

	alarm((unsigned)seconds + ALARM_MARGIN);
	if (cgi_take_environment(&http) == NULL)
		error =
		    cgi_read_body(&http, STDIN_FILENO, clock_ms() + ARRIVE_MS);
	if (error != -1)
		answer(&http, error, STDOUT_FILENO);
	cgi_request_free(&http);
	return 0;
}

/* --- the command line ----------------------------------------------------- */

static void
take_drives(const char *words)
{
	int count = image_media_list(words, settings.drives, GADGET_SLOTS);

	if (count == -1)
		errx(EX_USAGE,
		    "unable to use the drives: they must be up to %d words, cd "
		    "or disk (-d)",
		    GADGET_SLOTS);
	settings.slots = (unsigned)count;
}

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
	take_drives("cd disk");
	while ((c = options_next(argc, argv, "d:g:hn:s:t:u:V")) != -1) {
		switch (c) {
		case 'd':
			take_drives(optarg);
			break;
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
			take_number(optarg, 3600, &seconds);
			break;
		case 'u':
			server.user = optarg;
			break;
		case 'V':
			puts("vm-redfish " VERSION);
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
