/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The calls of a library that a module gives to threaded.h.
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
 * The calls of a library. Only one thread at a time uses a context; no call may
 * take longer than the library's own time limit, which is some seconds. A call
 * that fails fills in *why.
 */
struct blocking_ops {
	bool renews;	       /* the URL and the credentials may be replaced */
	unsigned contexts_max; /* at the same time; 0: no limit */
	size_t piece;	       /* bytes of one read or write, at most */
	/* Connect and open the file. Returns a context, or NULL. */
	void *(*open)(const struct source_config *, struct fault *why);
	/* Returns 0 or -1. */
	int (*stat)(void *context, struct blocking_file *, struct fault *why);
	/* May read fewer bytes. Returns how many, 0 at the end, or -1. */
	ssize_t (*read)(void *context, void *buf, size_t len, uint64_t offset,
	    struct fault *why);
	/* The same for a write; NULL if the module cannot write. */
	ssize_t (*write)(void *context, const void *bytes, size_t len,
	    uint64_t offset, struct fault *why);
	/*
	 * Put what was written on stable storage. Returns 0 or -1. NULL if the
	 * library cannot do that: then a flush fails if a context was written
	 * to and has failed since the last flush.
	 */
	int (*flush)(void *context, struct fault *why);
	/* broken: a call has failed, so the server may not answer. */
	void (*close)(void *context, bool broken);
};

/* Each module defines this; module.c opens the source with it. */
extern const struct blocking_ops module_ops;

#endif
