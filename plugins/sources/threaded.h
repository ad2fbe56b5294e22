/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A source made of blocking calls, such as those of the libraries for NFS and
 * SMB: each connection is a thread with its own context, and poll() passes the
 * bytes that the threads read to the callbacks, as the engine needs it.
 *
 * A context that failed is closed, and another is opened for the next transfer.
 * Its file must have the size and the time of modification of the file that was
 * opened at first. Both are checked again every few seconds.
 */
#ifndef VM_SOURCES_THREADED_H
#define VM_SOURCES_THREADED_H

#include <stddef.h>

#include "sources/source.h"
#include "sources/threaded-ops.h"

/* Implements source_open; ops must live as long as the source. */
struct source *blocking_open(const struct blocking_ops *,
    const struct source_config *, void *first, size_t room, size_t *got,
    struct fault *why);

#endif
