/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The backend of a WebSocket: a command on a socketpair, a Unix socket, or our
 * own standard input and output.
 */
#ifndef VM_WS_MONITOR_BACKEND_H
#define VM_WS_MONITOR_BACKEND_H

#include <sys/types.h>

#include <signal.h>

#include "base/cause.h"
#include "ws-monitor/ticket-check.h"
#include "ws/message.h"

struct ws_backend {
	int fds[2]; /* for the worker: read, write; -1: none */
	pid_t pid;  /* of the command; 0: none, or it has ended */
	int status; /* the command's exit status, once it has ended */
	int log;    /* pipe of the command's standard error; -1: none */
	char line[WS_REASON_MAX]; /* the last line in the log */
	size_t len;
	bool at_end; /* the line is complete: the next byte begins another */
	/* The command may tell its state, in lines that begin with
	 * WS_STATE_HEAD. This is such a line, as far as it has come. */
	bool tells_state; /* pass these lines to the client */
	enum cause cause; /* of the command's failure, if it told one */
	enum ws_log_part {
		LOG_HEAD,
		LOG_STATE,
		LOG_LINE
	} part;
	size_t head; /* bytes of WS_STATE_HEAD that have come */
	char state[WS_STATE_MAX];
	size_t state_len;
};

#define WS_STATE_HEAD	"state: "
#define WS_STATE_FAILED "failed " /* then the cause */

/*
 * Open the backend for a client's request (NULL: we are the client) and what
 * its ticket says. `mask` is the command's signal mask. Returns 0, or -1 with
 * errno.
 */
int ws_backend_open(struct ws_backend *, const struct ws_options *,
    const struct ws_open_request *, const struct ticket_grant *,
    const sigset_t *mask);

/* Close our copies of the descriptors that the worker has now. */
void ws_backend_close_fds(struct ws_backend *);

/*
 * Read from the command's standard error, and copy it to our own, except the
 * lines that tell a state. If the client's subprotocol is WS_NBD_STATE, call
 * state() with each of those, without its head, in printable ASCII.
 */
void ws_backend_read_log(
    struct ws_backend *, void (*state)(const char text[WS_STATE_MAX]));

/* The command has ended, with that status of waitpid(2). */
void ws_backend_reaped(struct ws_backend *, int status);

/* Make *why, the reason of the close, more exact. Reap the command first, if it
 * has ended. */
void ws_backend_reason(const struct ws_backend *, const struct ws_options *,
    struct ws_reason *why);

#endif
