/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The programs that a vm-slot runs: how to start one, adopt one from a vm-slot
 * that was killed, read what it prints, and end it.
 *
 * A child outlives its vm-slot. Therefore its standard error is a FIFO in the
 * slot's work/, which the child has open for reading as well: while no vm-slot
 * reads the FIFO, a write neither fails nor waits, and the next vm-slot
 * continues to read. The FIFO also identifies the process, because the pid
 * alone may belong to another process by now.
 */
#ifndef VM_SLOT_CHILD_H
#define VM_SLOT_CHILD_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "slot/state.h"

#define CHILD_LINE_MAX 2000 /* bytes of a line; the rest is dropped */
#define CHILD_ARGS_MAX 64

enum child_id {
	CHILD_SOURCE, /* vm-fetchd */
	CHILD_ATTACH, /* vm-nbd-attach */
	CHILD_WRITER, /* vm-nbd-attach -W */
	CHILD_PROBE,  /* vm-probe */
	CHILD_UDEV,   /* udevadm settle */
	CHILD_KEEPER, /* starts or ends the slot's vm-drive */
	CHILD_DRIVE,  /* vm-gadget insert or eject */
	CHILD_DETACH, /* vm-nbd-attach -D */
	CHILD_JOBS,   /* systemctl list-jobs */
	CHILD_HOOK,   /* an executable of hooks.d */
	CHILD_POWER,  /* the site's command that knows the host's power */
	CHILD_CHECK,  /* vm-slot -V, before a reload */
	CHILDREN
};

/* Lines of one output of a child. */
struct child_lines {
	int fd; /* -1: closed */
	size_t have;
	char line[CHILD_LINE_MAX];
};

struct child {
	enum child_id id;
	char program[32]; /* its name in the log */
	pid_t pid;	  /* 0: not running */
	int pidfd;
	struct child_lines out, said;
	int64_t end;  /* when it is killed, by clock_ms(); 0: never */
	int64_t kill; /* when it is killed after it was told to end */
	int failed;   /* the status if it could not be started, or -1 */
	char last[CHILD_LINE_MAX]; /* what it said last */
	enum cause cause;	   /* of its failure, if it told one */
};

/* Returns the child's name in work/ (pid.NAME, said.NAME) and in messages. */
const char *child_name(enum child_id);

/* Initialize a child that is not running. */
void child_init(struct child *, enum child_id);

/*
 * Start argv[0], found in $PATH, and kill it after `seconds` (0: never). If it
 * cannot be started, child_move() reports that as an end with status 71
 * (EX_OSERR).
 */
void child_start(
    struct child *, const struct state *, char *const argv[], unsigned seconds);

/* Take over the child of an earlier vm-slot. Returns whether it runs. */
bool child_adopt(struct child *, const struct state *);

/* Tell the child to end; it is killed two seconds later. It need not be
 * running. */
void child_stop(struct child *);

/* Let the child run for at most `seconds` more. */
void child_hurry(struct child *, unsigned seconds);

/* Tell the child to end, without a time limit. */
void child_end_gently(const struct child *);

/* Kill the child, and the programs that it has started. */
void child_kill(const struct child *);

/* Called for a line that the child wrote to standard error (said) or standard
 * output, without the newline. A line that tells a cause (base/cause.h) only
 * sets the child's cause. */
typedef void child_heard(void *, struct child *, bool said, const char *line);

#define CHILD_POLLS 3

/* Set the entries for poll(2). An unused entry has the descriptor -1. */
void child_poll(const struct child *, struct pollfd[CHILD_POLLS]);

/* Milliseconds until child_move() has something to do; -1: unknown. */
int child_left(const struct child *, int64_t now);

/*
 * Read what the child says, and kill it if its time is over. Returns -1 while
 * it runs; else its status as in a shell (128 + the signal), once for each
 * start. If an adopted child has another parent, its status is unknown: this
 * returns 137.
 */
int child_move(
    struct child *, const struct state *, child_heard *heard, void *);

#endif
