/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-lock: flock(2) for shell scripts. Not every busybox has flock(1), and
 * none of them waits for a limited time.
 */
#include <sys/file.h>
#include <sys/time.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/options.h"
#include "base/output.h"
#include "base/number.h"

#define WAIT_MAX 3600 /* seconds */

static void
usage(FILE *out)
{
	fputs("usage: vm-lock [-hV] [-w SECONDS] DESCRIPTOR\n"
	      "       vm-lock -t FILE\n",
	    out);
}

/* Is a file locked? Returns 0 if so, 1 if not or if there is no such file. */
static int
test_lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return 1;
	if (fd == -1)
		err(EX_NOPERM, "unable to open %s", path);
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 1;
	if (errno != EWOULDBLOCK)
		err(EX_OSERR, "unable to test the lock of %s", path);
	return 0;
}

static void
on_alarm(int signal)
{
	(void)signal; /* it only has to interrupt flock(2) */
}

/* Lock what our caller has open: the lock belongs to the open file, and stays
 * when we end. */
static int
take_lock(int fd, unsigned seconds)
{
	struct sigaction action = {.sa_handler = on_alarm};
	/* Repeat: the first signal may come before flock(2) waits. */
	struct itimerval timer = {{0, 100000}, {(time_t)seconds, 0}};

	if (seconds > 0) {
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &timer, NULL);
	}
	if (flock(fd, seconds > 0 ? LOCK_EX : LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EINTR || errno == EWOULDBLOCK)
		return EX_TEMPFAIL;
	err(EX_OSERR, "unable to lock descriptor %d", fd);
}

int
main(int argc, char **argv)
{
	uint64_t seconds = 0, fd;
	const char *test = NULL;
	int c;

	output_check_at_exit();
	while ((c = options_next(argc, argv, "ht:Vw:")) != -1) {
		switch (c) {
		case 'h':
			usage(stdout);
			return 0;
		case 't':
			test = optarg;
			break;
		case 'V':
			puts("vm-lock " VERSION);
			return 0;
		case 'w':
			if (number_parse(optarg, 0, WAIT_MAX, &seconds) == -1)
				errx(EX_USAGE, "unable to wait for %s s",
				    optarg);
			break;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (test != NULL && optind == argc)
		return test_lock(test);
	if (test != NULL || argc - optind != 1 ||
	    number_parse(argv[optind], 0, INT_MAX, &fd) == -1) {
		usage(stderr);
		return EX_USAGE;
	}
	return take_lock((int)fd, (unsigned)seconds);
}
