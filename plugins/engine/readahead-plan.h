/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How much to ask for, and how far ahead of a reader, by what is known of the
 * connections to the source.
 */
#ifndef VM_ENGINE_READAHEAD_PLAN_H
#define VM_ENGINE_READAHEAD_PLAN_H

#include "engine/state.h"

/* Set the windows of read-ahead anew: the estimates have changed. */
void engine_tune(struct engine *);

/* Ask for what the stream should have ahead of it. */
void engine_plan_ahead(struct engine *, struct readahead_stream *);

/*
 * How many bytes to ask for at once from where a reader misses: a chunk if it
 * reads a stream, else what comes in the time that the asking takes anyway.
 */
uint64_t engine_miss_size(const struct engine *, bool is_stream);

#endif
