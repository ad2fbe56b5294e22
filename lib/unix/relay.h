/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A relay in both directions between a pair of descriptors (a standard input
 * and output) and a socket, for a loop of poll(2). No function here waits. If
 * one side does not accept data, the relay keeps up to RELAY_SIZE bytes, and
 * then stops reading from the other side.
 */
#ifndef VM_UNIX_RELAY_H
#define VM_UNIX_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define RELAY_SIZE  (128 * 1024) /* bytes kept for each direction */
#define RELAY_POLLS 3

/* One direction. */
struct relay_way {
	int from, to;	    /* -1: it has ended */
	size_t start, have; /* the offset and number of the bytes in kept */
	char kept[RELAY_SIZE];
};

struct relay {
	struct relay_way in, out; /* to the socket, and from it */
	int first;		  /* in, even when it has ended */
	int in_flags, out_flags;  /* from before relay_start() */
};

/*
 * Relay from in to the stream socket far, and from far to out. All three become
 * non-blocking. At the end of the data from in, the relay shuts down the
 * sending side of far. At the end of the data from far, it closes out, so that
 * the reader of a pipe sees the end. The caller closes in and far, and must
 * ignore SIGPIPE.
 */
void relay_start(struct relay *, int in, int out, int far);

/*
 * Make in and out blocking again, if they were blocking before relay_start():
 * other processes, such as the shell that started us, may share them.
 */
void relay_end(struct relay *);

/* Set the entries for poll(2). An unused entry has the descriptor -1. */
void relay_poll(const struct relay *, struct pollfd p[RELAY_POLLS]);

/*
 * Move the data that can be moved now, whatever poll(2) reported. A read error
 * counts as the end of the data. After a write error the relay shuts down far
 * in both directions.
 */
void relay_move(struct relay *);

#endif
