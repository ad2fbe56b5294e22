/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-ws-proxy: a bridge between a WebSocket (RFC 6455) and a stream of bytes.
 *
 * As a server, it listens itself, with TLS, or takes a connection from
 * inetd(8), systemd or a web server; as a client, it connects to a server. The
 * backend is a command, a Unix socket, or its own standard input and output.
 * The proxy does not interpret the bytes that pass. lib/ws/worker.h describes
 * the two processes of each connection.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/output.h"
#include "tls/connection.h"
#include "unix/activation.h"
#include "unix/inet.h"
#include "unix/sd-notify.h"
#include "ws-monitor/arguments.h"
#include "ws-monitor/monitor.h"

static struct ws_arguments args = {.limits = {0, 0}};
static const struct ws_options *const options = &args.options;

static void
reload(void)
{
	ws_credentials_reload(&args.credentials, &args.options);
}

/* Move a descriptor out of the way of standard input and output. */
static int
move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	if (moved == -1)
		err(EX_OSERR, "unable to use descriptor %d", fd);
	close(fd);
	return moved;
}

/* inetd(8) gives the connection as standard error, too: print nothing there. */
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

	args.options.is_cgi = true;
	in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	if (in == -1 || out == -1)
		err(EX_OSERR, "unable to use the web server's descriptors");
	leave_standard_streams();
	return ws_monitor_run(
	    options, in, out, peer != NULL ? peer : "local", NULL);
}

/* Is this a listening socket? Ends the program if it is not a socket. */
static bool
is_listening(int fd)
{
	int answer = 0;
	socklen_t len = sizeof(answer);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &answer, &len) == -1)
		errx(EX_USAGE,
		    "unable to serve: descriptor %d is not a socket; "
		    "use -l to listen (see -h)",
		    fd);
	return answer != 0;
}

static void
check_plain(bool is_local)
{
	if (!is_local && options->identity == NULL && !args.allows_plain)
		errx(EX_USAGE, "unable to listen without TLS where others can "
			       "connect: use -c and -k, or -N to allow it");
}

/* Serve the socket that systemd or inetd gave us. */
static int
serve_given(void)
{
	int passed = activation_socket(), fd;
	int given = passed != -1 ? passed : STDIN_FILENO;
	char peer[INET_PEER_SIZE];

	if (is_listening(given)) {
		fd = move_up(given);
		check_plain(inet_is_local(fd));
		if (options->socket == NULL && options->command == NULL)
			errx(EX_USAGE,
			    "unable to serve all clients by one standard "
			    "input: use -U or a command");
		notify_ready();
		return ws_accept_all(options, fd, NULL, &args.limits, reload);
	}
	if (given == STDIN_FILENO && options->socket == NULL &&
	    options->command == NULL)
		errx(EX_USAGE, "unable to use the peer as its own backend: use "
			       "-U or a command");
	if (given == STDIN_FILENO) {
		fd = fcntl(given, F_DUPFD_CLOEXEC, 10);
		leave_standard_streams();
	} else {
		fd = move_up(given);
	}
	inet_peer_name(fd, peer);
	wire_tune(fd);
	return ws_monitor_run(options, fd, fd, peer, NULL);
}

static int
listen_or_die(const char *where, bool *is_local, char *shown, size_t size)
{
	int fd = inet_listen(where, is_local, shown, size);

	if (fd == -1 && errno == EINVAL)
		errx(EX_USAGE,
		    "unable to listen at %s: not ADDR:PORT in numbers, and not "
		    "/PATH",
		    where);
	if (fd == -1)
		err(errno == EADDRINUSE ? EX_TEMPFAIL : EX_CANTCREAT,
		    "unable to listen at %s", where);
	return fd;
}

static int
serve_address(void)
{
	bool is_local, is_stdio = options->socket == NULL && !options->command;
	char shown[WS_NAME_MAX];
	int fd = listen_or_die(args.listen, &is_local, shown, sizeof(shown));

	check_plain(is_local);
	fd = move_up(fd);
	/* Standard output belongs to the backend then. */
	if (is_stdio) {
		fprintf(stderr, "%s\n", shown);
		return ws_accept_one(options, fd, args.listen);
	}
	puts(shown);
	if (output_close() == -1)
		err(EX_IOERR, "unable to write standard output");
	notify_ready();
	return ws_accept_all(options, fd, args.listen, &args.limits, reload);
}

int
main(int argc, char **argv)
{
	/* If SIGCHLD were ignored, waitpid(2) would not see children end. */
	signal(SIGCHLD, SIG_DFL);
	output_check_at_exit();
	ws_arguments_take(&args, argc, argv);
	if (options->is_client)
		return ws_monitor_run(options, -1, -1, options->host, NULL);
	if (args.listen != NULL)
		return serve_address();
	if (getenv("GATEWAY_INTERFACE") != NULL)
		return serve_cgi();
	return serve_given();
}
