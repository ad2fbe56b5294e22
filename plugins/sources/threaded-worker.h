/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A worker: a thread of a threaded source, which calls the library. It reads
 * into one of its two buffers while the polling thread takes the bytes of the
 * other. The worker's lock guards what the two threads share, and is not held
 * during a call of the library.
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

/* A worker's first task: find out the file's size and time, and read its
 * beginning. */
struct probe {
	unsigned char *first;
	size_t room, got;
};

/* A later task: check whether another URL, or another user, gives the same
 * file. */
struct trial {
	const struct source_config *config;
	struct blocking_file file; /* the file that was found there */
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
	size_t handed;	    /* bytes of the other, for the polling thread */
	bool ended;	    /* the task has ended, and fault says how */
	struct fault fault; /* status 0: it succeeded */
	/* Only the worker uses these: */
	void *context;
	const struct source_config *config; /* the context was opened with it */
	int64_t looked; /* ms: when its file was last checked */
	bool unflushed; /* written to, and not flushed since */
};

struct blocking {
	struct source source;
	const struct blocking_ops *ops;
	/* A renewal replaces it; older ones live as long as the source. */
	const struct source_config *_Atomic config;
	struct blocking_file file;
	struct blocking_file renewed; /* the file at a renewed URL */
	bool doubted;		      /* `renewed` may be another image */
	pthread_mutex_t lock;	      /* guards file, renewed and doubted */
	char *display;
	char validator[64], adopted[64];
	int event;	   /* eventfd(2): wakes poll() */
	_Atomic bool lost; /* the server may have lost written bytes */
	unsigned count;
	struct worker *workers;
	struct kept_config *configs; /* the newest; threaded-renew.c */
};

/* Returns false without memory. Call worker_free() in either case. */
bool worker_init(struct worker *, struct blocking *);

/*
 * Start the thread, if it was not started yet. If that fails, the task has
 * ended with a fault. The caller holds the lock.
 */
void worker_start(struct worker *);

/* Tell a worker to end. */
void worker_stop(struct worker *);

/*
 * Wait until a worker has ended after worker_stop(), but not longer than until
 * `until` (CLOCK_MONOTONIC). Returns whether it has ended.
 */
bool worker_await(struct worker *, const struct timespec *until);

/* Free the memory of a worker that has no thread. */
void worker_free(struct worker *);

/* Write what identifies a file as text. */
void blocking_show_file(const struct blocking_file *, char text[64]);

/* Wake the polling thread. */
void blocking_raise_event(struct blocking *);

#endif
