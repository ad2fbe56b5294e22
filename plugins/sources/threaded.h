/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A source made of calls that block, as the libraries for NFS and SMB offer
 * them: each connection is a thread with a context of its own, and what the
 * threads bring is called back from poll(), as the engine wants it.
 *
 * A context that failed is closed, and another opened for the next transfer;
 * the file must be the one that was opened at first, by size and time of
 * modification. Both are looked at again now and then while all is well.
 */
#ifndef VM_SOURCES_THREADED_H
#define VM_SOURCES_THREADED_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

/* By what a file is known again. */
struct blocking_file {
	uint64_t size;		      /* bytes */
	int64_t seconds, nanoseconds; /* when it was last modified */
};

/*
 * What a library does. A context is used by one thread at a time; no call may
 * take longer than the library's own time limit, which is some seconds. Where
 * a call fails it fills in *why.
 */
struct blocking_ops {
	unsigned contexts_max; /* at work at the same time; 0: no limit */
	size_t piece;	       /* bytes, of one read or write */
	/* Connect and open the file. Returns a context, or NULL. */
	void *(*open)(const struct source_config *, struct fault *why);
	/* Returns 0 or -1. */
	int (*stat)(void *context, struct blocking_file *, struct fault *why);
	/* Some bytes, or all: returns how many, 0 at the end, or -1. */
	ssize_t (*read)(void *context, void *buf, size_t len, uint64_t offset,
	    struct fault *why);
	/* The same; NULL where there is no writing. */
	ssize_t (*write)(void *context, const void *bytes, size_t len,
	    uint64_t offset, struct fault *why);
	/*
	 * What was written is on stable storage. Returns 0 or -1. NULL where
	 * the library cannot ask for that: then a flush fails after a context
	 * has failed that was written to since the last one.
	 */
	int (*flush)(void *context, struct fault *why);
	/* broken: a call has failed, and the server may not answer. */
	void (*close)(void *context, bool broken);
};

/* As source_open; ops must live as long as the source. */
struct source *blocking_open(const struct blocking_ops *,
    const struct source_config *, void *first, size_t room, size_t *got,
    struct fault *why);

/*
 * Can the host of a URL be found? The libraries tell no more of one that
 * cannot than that there is no connection. Returns 0, or -1 with *why.
 */
int blocking_find_host(const char *url, struct fault *why);

/* An errno whose meaning is plain. A table of them ends with error 0. */
struct blocking_error {
	int error;
	enum fault_kind kind;
	int status;
	const char *text;
};

/*
 * Fill in the fault behind an errno: as the table has it; else another try may
 * help, and "unable to WHAT: TEXT" is what can be said.
 */
void blocking_fault_of(const struct blocking_error *table, int error,
    const char *what, const char *text, struct fault *);

/* Fill in a fault; the text printf(3)-wise. */
void blocking_fault(struct fault *, enum fault_kind, int status,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
