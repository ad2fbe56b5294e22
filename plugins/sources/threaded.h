/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A source made of calls that block, as the libraries for NFS and SMB offer
 * them: each connection is a thread with a context of its own, and what the
 * threads bring is called back from poll(), as the engine wants it.
 *
 * A context that failed is closed, and another opened for the next transfer;
 * the file must be the one that was opened at first, by size and time of
 * modification. Both are checked again every few seconds.
 */
#ifndef VM_SOURCES_THREADED_H
#define VM_SOURCES_THREADED_H

#include <stddef.h>

#include "sources/source.h"
#include "sources/threaded-ops.h"

/* As source_open; ops must live as long as the source. */
struct source *blocking_open(const struct blocking_ops *,
    const struct source_config *, void *first, size_t room, size_t *got,
    struct fault *why);

#endif
