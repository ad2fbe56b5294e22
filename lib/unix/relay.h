/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A relay both ways between a pair of descriptors (a standard input and
 * output) and a socket, for a loop of poll(2): nothing here waits. What one
 * side does not take is kept, up to a bound, and then no more is read of the
 * other.
 */
#ifndef VM_UNIX_RELAY_H
#define VM_UNIX_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define RELAY_SIZE  (128 * 1024) /* bytes kept for each way */
#define RELAY_POLLS 3

/* One way. */
struct relay_way {
	int from, to;	    /* -1: it has ended */
	size_t start, have; /* where in kept the next bytes are, and how many */
	char kept[RELAY_SIZE];
};

struct relay {
	struct relay_way in, out; /* to the socket, and from it */
	int first;		  /* in, even when it has ended */
	int in_flags, out_flags;  /* as they were */
};

/*
 * Between in and out, and a stream socket far. They become non-blocking. They
 * stay the caller's, but for out, which is closed at the end of what comes from
 * far, so that a pipe's reader sees the end; the end of in is the end of
 * far's sending side. Ignore SIGPIPE.
 */
void relay_start(struct relay *, int in, int out, int far);

/*
 * Let in and out block again, if they did: other processes, such as the shell
 * that started us, may share them.
 */
void relay_end(struct relay *);

/* What to poll for; entries that are not wanted have no descriptor. */
void relay_poll(const struct relay *, struct pollfd p[RELAY_POLLS]);

/*
 * Move what can be moved, whatever poll(2) said. An error of a read is its end;
 * where a write fails, nothing can be asked or answered any more: far is shut
 * down.
 */
void relay_move(struct relay *);

#endif
