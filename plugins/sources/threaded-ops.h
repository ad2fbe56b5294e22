/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a module offers of its library to threaded.h.
 */
#ifndef VM_SOURCES_THREADED_OPS_H
#define VM_SOURCES_THREADED_OPS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

/* What identifies a file. */
struct blocking_file {
	uint64_t size;		      /* bytes */
	int64_t seconds, nanoseconds; /* when it was last modified */
};

/*
 * The calls of a library. A context is used by one thread at a time; no call
 * may take longer than the library's own time limit, which is some seconds. A
 * call that fails fills in *why.
 */
struct blocking_ops {
	bool renews;	       /* the URL and the credentials may be replaced */
	unsigned contexts_max; /* at the same time; 0: no limit */
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
	 * Put what was written on stable storage. Returns 0 or -1. NULL where
	 * the library cannot ask for that: then a flush fails if a context has
	 * failed that was written to since the last flush.
	 */
	int (*flush)(void *context, struct fault *why);
	/* broken: a call has failed, so the server may not answer. */
	void (*close)(void *context, bool broken);
};

/* Each module defines its own; module.c opens the source with it. */
extern const struct blocking_ops module_ops;

#endif
