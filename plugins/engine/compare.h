/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * After FAULT_DOUBTED: is the image still the one that was opened? The engine
 * requests bytes that it has, and compares them. Nothing else is started
 * meanwhile. If they are equal, the source adopts the answers' validator, and
 * all goes on; else the image has changed.
 *
 * The image's first bytes are compared in any case (volume descriptors,
 * partition tables and superblocks tell one build from another), and of the
 * cache as much as comes in COMPARE_MS, taken from all of its chunks.
 */
#ifndef VM_ENGINE_COMPARE_H
#define VM_ENGINE_COMPARE_H

#include "engine/state.h"

/*
 * Make what engine_doubt() will need, with the image's first len bytes. Call it
 * before the fetch thread starts. Without memory a doubt is a change.
 */
void engine_compare_init(struct engine *, const void *first, size_t len);
void engine_compare_free(struct engine *);

/* A transfer ended with FAULT_DOUBTED. The fetch thread. */
void engine_doubt(struct engine *, const struct fault *);

/*
 * Start what can be started of the comparison. Returns when (ms) to call it
 * again. The fetch thread, while engine_has_doubt().
 */
int64_t engine_compare(struct engine *);

bool engine_has_doubt(const struct engine *);

#endif
