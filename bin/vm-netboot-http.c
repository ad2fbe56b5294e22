/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-netboot-http: give files by HTTP to machines that boot from the network. A
 * web server calls it by SCGI, with a process for each request. It gives each
 * machine only its own files.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/output.h"
#include "http/cgi.h"
#include "http/server.h"
#include "netboot/neighbours.h"
#include "netboot/serve.h"

#define SOCKET	      "/run/vm-netboot-http.sock"
#define STREAMS	      128   /* at once */
#define ARRIVE_MS     10000 /* a request must arrive whole within that time */
#define BEGIN_SECONDS 60    /* after which a request that is stuck ends */

static void answer(int fd, bool is_too_many);

static struct http_server server = {.socket = SOCKET,
    .user = "vmedia-http",
    .requests = 64,
    .places = STREAMS,
    .answer = answer,
    .warn = warn};
static struct netboot_settings settings = {.table = NEIGHBOURS_TABLE};

static void
usage(FILE *out)
{
	fputs("usage: vm-netboot-http [-hV] [-g GROUP] [-i ADAPTER] [-N TABLE] "
	      "[-s SOCKET]\n"
	      "                       [-u USER] DIRECTORY\n"
	      "-g GROUP    let this group connect, too: the web server's\n"
	      "-i ADAPTER  answer machines on the network of this one only\n"
	      "-N TABLE    the table of neighbours (" NEIGHBOURS_TABLE ")\n"
	      "-s SOCKET   listen there by SCGI (" SOCKET ")\n"
	      "-u USER     run as this user (vmedia-http)\n"
	      "DIRECTORY has a directory for each machine.\n",
	    out);
}

static void
answer(int fd, bool is_too_many)
{
	static char head[CGI_HEAD_MAX];
	struct cgi_request http;
	struct failure failure;
	const char *why;
	int error;

	alarm(BEGIN_SECONDS);
	error = cgi_read_scgi(&http, fd, head, clock_ms() + ARRIVE_MS, &why);
	if (error == 0 && is_too_many)
		error = 503;
	if (error != -1) {
		netboot_serve(&settings, &http, error, fd, &failure);
		if (failure.text[0] != '\0')
			warnx("%s", failure.text);
	}
	cgi_request_free(&http);
}

/* Open what every request needs, as the user who started us. */
static void
prepare(const char *directory)
{
	settings.directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (settings.directory == -1)
		err(EX_NOINPUT, "unable to open %s", directory);
	if (access(settings.table, R_OK) == -1)
		err(EX_NOINPUT, "unable to read %s", settings.table);
}

int
main(int argc, char **argv)
{
	struct failure why;
	int c;

	/* Many processes write messages at once: write whole lines. */
	setlinebuf(stderr);
	signal(SIGCHLD, SIG_DFL);
	output_check_at_exit();
	while ((c = options_next(argc, argv, "g:hi:N:s:u:V")) != -1) {
		switch (c) {
		case 'g':
			server.group = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'i':
			settings.adapter = optarg;
			break;
		case 'N':
			settings.table = optarg;
			break;
		case 's':
			server.socket = optarg;
			break;
		case 'u':
			server.user = optarg;
			break;
		case 'V':
			puts("vm-netboot-http " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind + 1 != argc) {
		usage(stderr);
		return EX_USAGE;
	}
	prepare(argv[optind]);
	if (http_run(&server, &why) == -1)
		errx(why.status, "%s", why.text);
	return 0;
}
