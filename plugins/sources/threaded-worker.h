/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A worker: a thread of a threaded source, which calls the library. It reads
 * into one of its two buffers while the polling thread takes the other. The
 * worker's lock guards what the two share, and is held for no call of the
 * library.
 */
#ifndef VM_SOURCES_THREADED_WORKER_H
#define VM_SOURCES_THREADED_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "sources/source.h"
#include "sources/threaded-ops.h"

/* The first task of all: learn what the file is, and read its beginning. */
struct probe {
	unsigned char *first;
	size_t room, got;
};

/* A later task: does another place, or another user, bring the same file? */
struct trial {
	const struct source_config *config;
	struct blocking_file file; /* found there */
};

struct worker {
	struct blocking *blocking;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool started, stopping, stopped;
	struct transfer *transfer; /* NULL: idle */
	struct probe *probe;	   /* the first task; NULL: none */
	struct trial *trial;	   /* NULL: none */
	unsigned char *buffers[2];
	unsigned filling;   /* the buffer that the worker uses now */
	size_t handed;	    /* bytes of the other one, for the polling thread */
	bool ended;	    /* the transfer did, and fault says how */
	struct fault fault; /* status 0: none */
	/* Only the worker uses these: */
	void *context;
	const struct source_config *config; /* with which it was opened */
	int64_t looked; /* ms: when its file was last checked */
	bool unflushed; /* the context was written to and not flushed since */
};

struct blocking {
	struct source source;
	const struct blocking_ops *ops;
	/* Replaced by a renewal; those before live as long as the source. */
	const struct source_config *_Atomic config;
	struct blocking_file file;
	struct blocking_file renewed; /* at a renewed URL; it is ... */
	bool doubted;		      /* ... in doubt */
	pthread_mutex_t lock;	      /* of file, renewed and doubted */
	char *display;
	char validator[64], adopted[64];
	int event;	   /* eventfd(2): wakes poll() */
	_Atomic bool lost; /* the server may have lost what it took */
	unsigned count;
	struct worker *workers;
	struct kept_config *configs; /* the newest; threaded-renew.c */
};

/* Returns false where memory is short; then, too, worker_free() it. */
bool worker_init(struct worker *, struct blocking *);

/*
 * Start the thread, if it has not been; where that fails, the transfer has
 * ended with a fault. The lock is held.
 */
void worker_start(struct worker *);

/* Tell it to end. */
void worker_stop(struct worker *);

/*
 * Wait until a worker that was told to has ended, or it is `until`
 * (CLOCK_MONOTONIC). Returns whether it has.
 */
bool worker_await(struct worker *, const struct timespec *until);

/* Of one that has no thread. */
void worker_free(struct worker *);

/* What identifies a file, as text. */
void blocking_show_file(const struct blocking_file *, char text[64]);

/* Wake the polling thread. */
void blocking_raise_event(struct blocking *);

#endif
