/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The far side of a WebSocket, as its keeper opens and ends it: a command on a
 * socketpair, a Unix socket, or our own standard input and output.
 */
#ifndef VM_WS_MONITOR_BACKEND_H
#define VM_WS_MONITOR_BACKEND_H

#include <sys/types.h>

#include "ws/proxy.h"

struct ws_far {
	int fds[2]; /* for the talker: read here, write there */
	pid_t pid;  /* of the command; 0: none, or it has ended */
	int status; /* how it ended, of sysexits(3) */
	int said;   /* reads what the command says on standard error; -1 */
	char line[WS_REASON_MAX]; /* the last of that */
	size_t len;
	bool at_end; /* of a line: what comes next is another */
};

/*
 * Open it for a client's wish (NULL: for a server that we have connected to).
 * Returns 0, or -1 with errno. `mask` is the command's signal mask.
 */
int ws_far_open(struct ws_far *, const struct ws_options *,
    const struct ws_wish *, const sigset_t *mask);

/* The talker has its descriptors: ours go. */
void ws_far_handed(struct ws_far *);

/* Take what the command has said; pass it on to our own standard error. */
void ws_far_hear(struct ws_far *);

/* The command has ended, as waitpid(2) has it. */
void ws_far_reaped(struct ws_far *, int status);

/* Make *why, how the far side has ended, more exact; once its command was
 * reaped, if it was. */
void ws_far_reason(
    struct ws_far *, const struct ws_options *, struct ws_reason *);

#endif
