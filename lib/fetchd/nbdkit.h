/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The nbdkit that serves the image: starting it as an unprivileged user within
 * limits, and stopping it within a second.
 *
 * Functions return 0; or -1 with the failure described.
 */
#ifndef VM_FETCHD_NBDKIT_H
#define VM_FETCHD_NBDKIT_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/failure.h"
#include "fetchd/nbdkit-argv.h"
#include "fetchd/nbdkit-log.h"

struct nbdkit {
	struct nbdkit_argv argv;
	const char *user; /* whose process it is; NULL: vmedia or nobody */
	int listen_fd;	  /* the socket that it serves */
	int signals;	  /* a signalfd(2) that tells of SIGCHLD */
	pid_t pid;	  /* 0: it does not run */
	int report;	  /* to read its report from (report.h); -1: closed */
	int control;	  /* a datagram socket to its plugin (report.h) */
	int report_fd, control_fd; /* the plugin's ends of the two */
	struct nbdkit_log log;	   /* what it writes to standard error */
};

/* Make the lines to the plugin, and begin the command line. */
int nbdkit_open(struct nbdkit *, struct failure *);

/* Start nbdkit; from then on report tells how that went. */
int nbdkit_start(struct nbdkit *, struct failure *);

/* Forget the report: it has been read, or its nbdkit has ended. */
void nbdkit_close_report(struct nbdkit *);

/* Collect an nbdkit that has ended. Returns whether it has, with *status. */
bool nbdkit_has_ended(struct nbdkit *, int *status);

/* End nbdkit, whatever it is doing, within a second. */
void nbdkit_stop(struct nbdkit *);

#endif
