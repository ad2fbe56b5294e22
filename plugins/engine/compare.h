/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * After FAULT_DOUBTED: is the image still the one that was opened? The engine
 * requests bytes that it has cached, and compares them. It starts no other
 * transfer meanwhile. If the bytes are equal, the source adopts the validators
 * of the answers, and reading continues; otherwise the image has changed.
 *
 * The engine always compares the image's first bytes (volume descriptors,
 * partition tables and superblocks differ from build to build), and as much of
 * the cache as the source can send in COMPARE_MS, spread over all chunks.
 */
#ifndef VM_ENGINE_COMPARE_H
#define VM_ENGINE_COMPARE_H

#include "engine/state.h"

/*
 * Allocate what engine_doubt() needs, and copy the image's first len bytes.
 * Call this before the fetch thread starts. If there is no memory, a later
 * doubt counts as a change of the image.
 */
void engine_compare_init(struct engine *, const void *first, size_t len);
void engine_compare_free(struct engine *);

/* A transfer ended with FAULT_DOUBTED: begin a comparison. Call this in the
 * fetch thread. */
void engine_doubt(struct engine *, const struct fault *);

/*
 * Start the transfers of the comparison that may start now. Returns when (ms)
 * to call it again. The fetch thread calls this while engine_has_doubt().
 */
int64_t engine_compare(struct engine *);

bool engine_has_doubt(const struct engine *);

#endif
