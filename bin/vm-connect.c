/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-connect: run a command with a connected Unix socket as its standard input
 * and output.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/options.h"
#include "base/output.h"
#include "unix/socket.h"

static void
usage(FILE *out)
{
	fputs("usage: vm-connect [-hV] SOCKET COMMAND [ARG...]\n", out);
}

int
main(int argc, char **argv)
{
	int c, fd;

	output_check_at_exit();
	while ((c = options_next(argc, argv, "+hV")) != -1) {
		switch (c) {
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("vm-connect " VERSION);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	argv += optind;
	if (argc - optind < 2) {
		usage(stderr);
		return EX_USAGE;
	}
	fd = connect_unix(argv[0]);
	if (fd == -1)
		err(EX_UNAVAILABLE, "unable to connect to %s", argv[0]);
	if (dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		err(EX_OSERR, "unable to use the connection");
	if (fd > STDERR_FILENO)
		close(fd);
	execvp(argv[1], argv + 1);
	err(errno == ENOENT ? 127 : 126, "unable to run %s", argv[1]);
}
