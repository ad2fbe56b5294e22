/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/output.h"

static bool closed;

static void
check(void)
{
	if (closed || (fflush(stdout) != EOF && !ferror(stdout)))
		return;
	if (errno == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	warn("unable to write standard output");
	_exit(EX_IOERR);
}

void
output_check_at_exit(void)
{
	atexit(check);
}

bool
output_tells_causes(void)
{
	const char *asked = getenv("VM_CAUSES");

	return asked != NULL && strcmp(asked, "1") == 0;
}

void
output_cause(enum cause cause, int status)
{
	if (output_tells_causes())
		warnx("cause: %s", cause_word(cause, status));
}

int
output_close(void)
{
	bool failed = ferror(stdout) != 0;

	closed = true;
	return fclose(stdout) == EOF || failed ? -1 : 0;
}
