/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The command line, and a thread for each connection.
 */
#include "hostile.h"

#include <sys/socket.h>

#include <err.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int image_fd = -1;
off_t image_size;

static void
usage(FILE *out)
{
	size_t i;

	fputs(
	    "usage: hostile [-1] [-l ADDR] [-L LOGFILE] [-p PORT] FILE\n", out);
	if (out == stderr)
		exit(EX_USAGE);
	fputs("\nThe request's path is /MODE[/ARG...][/MODE...]/ANYTHING:\n\n",
	    out);
	for (i = 0; i < mode_count; i++)
		fprintf(out, "  %-20s%s\n", modes[i].name, modes[i].what);
	fputs("\nWith -1 it serves one connection at a time.\n", out);
	fputs("\nMODE-after[/ARG...]/N spares the first N requests, and\n"
	      "MODE-once[/ARG...]/N all but the Nth. They are counted for\n"
	      "each target by itself, query included.\n",
	    out);
	exit(EX_OK);
}

static bool
serve_request(FILE *in, FILE *out, unsigned conn)
{
	struct exchange x = {.in = in, .out = out, .conn = conn};
	bool keep;

	if (!read_request(&x))
		return false;
	make_answer(&x);
	log_request(&x);
	keep = send_answer(&x);
	log_done(&x, 0);
	return keep;
}

static void *
serve_connection(void *arg)
{
	int fd = (int)(intptr_t)arg, one = 1;
	int out_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *in = fdopen(fd, "r"), *out = fdopen(out_fd, "w");
	unsigned conn;

	if (in == NULL || out == NULL)
		err(EX_OSERR, "unable to serve a connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	conn = log_connection();
	while (serve_request(in, out, conn))
		continue;
	fclose(in);
	fclose(out);
	return NULL;
}

static int
open_listener(const char *addr, const char *port)
{
	struct addrinfo *ai, hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	int e, fd, one = 1;

	e = getaddrinfo(addr, port, &hints, &ai);
	if (e != 0)
		errx(EX_USAGE, "unable to use %s port %s: %s", addr, port,
		    gai_strerror(e));
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 ||
	    listen(fd, 128) == -1)
		err(EX_UNAVAILABLE, "unable to listen on %s", addr);
	freeaddrinfo(ai);
	return fd;
}

static void
say_port(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&addr, len, NULL, 0, port,
		sizeof(port), NI_NUMERICSERV) != 0)
		errx(EX_OSERR, "unable to tell the port");
	puts(port);
	if (freopen("/dev/null", "w", stdout) == NULL)
		err(EX_OSERR, "unable to close the standard output");
}

int
main(int argc, char **argv)
{
	const char *addr = "127.0.0.1", *log = "/dev/null", *port = "0";
	pthread_t thread;
	bool alone = false;
	int c, fd, e, listener;

	while ((c = getopt(argc, argv, "1hL:l:p:")) != -1)
		switch (c) {
		case '1':
			alone = true;
			break;
		case 'h':
			usage(stdout);
			break;
		case 'L':
			log = optarg;
			break;
		case 'l':
			addr = optarg;
			break;
		case 'p':
			port = optarg;
			break;
		default:
			usage(stderr);
		}
	if (argc - optind != 1)
		usage(stderr);
	image_fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
	image_size = image_fd == -1 ? -1 : lseek(image_fd, 0, SEEK_END);
	if (image_size == -1)
		err(EX_NOINPUT, "unable to open %s", argv[optind]);
	log_open(log);
	listener = open_listener(addr, port);
	signal(SIGPIPE, SIG_IGN);
	say_port(listener);
	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1)
			continue; /* the client has left already */
		if (alone) {
			serve_connection((void *)(intptr_t)fd);
			continue;
		}
		e = pthread_create(
		    &thread, NULL, serve_connection, (void *)(intptr_t)fd);
		if (e != 0)
			errx(EX_OSERR, "unable to start a thread: %s",
			    strerror(e));
		pthread_detach(thread);
	}
}
