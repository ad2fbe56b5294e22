/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How much to request, and how far ahead of a reader, from the estimates of the
 * connections to the source.
 */
#ifndef VM_ENGINE_READAHEAD_PLAN_H
#define VM_ENGINE_READAHEAD_PLAN_H

#include "engine/state.h"

/* Set the read-ahead windows again, because the estimates have changed. */
void engine_tune(struct engine *);

/* Request the bytes that the stream should have ahead of it. */
void engine_plan_ahead(struct engine *, struct readahead_stream *);

/*
 * How many bytes to request at once where a reader misses the cache: a chunk if
 * it reads a stream, else as many as come in one latency, because the request
 * takes that long anyway.
 */
uint64_t engine_miss_size(const struct engine *, bool is_stream);

#endif
