/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Start the nbdkit that serves the image, as an unprivileged user within
 * limits, and stop it within a second.
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
	const char *user; /* that nbdkit runs as; NULL: vmedia or nobody */
	int listen_fd;	  /* the socket that nbdkit serves */
	int signals;	  /* a signalfd(2) that receives SIGCHLD */
	pid_t pid;	  /* 0: nbdkit does not run */
	int report;	  /* pipe with its report (report.h); -1: closed */
	int control;	  /* a datagram socket to its plugin (report.h) */
	int report_fd, control_fd; /* the plugin's ends of both */
	struct nbdkit_log log;	   /* its standard error */
};

/* Make the pipe and the sockets to nbdkit and the plugin, and begin the command
 * line. */
int nbdkit_open(struct nbdkit *, struct failure *);

/* Start nbdkit. Later, its report tells whether it is ready. */
int nbdkit_start(struct nbdkit *, struct failure *);

/* Close the report's pipe: the report has been read, or nbdkit has ended. */
void nbdkit_close_report(struct nbdkit *);

/* Reap nbdkit if it has ended. Returns whether it has, with *status. */
bool nbdkit_has_ended(struct nbdkit *, int *status);

/* End nbdkit, whatever it is doing, within a second. */
void nbdkit_stop(struct nbdkit *);

#endif
